// Tables of names: words, units, LaTeX commands, each with a number. They are written row by row where they are used, built when the module
// starts, and never changed after.
import { spend } from '../arena';
import { elementAt, setElement } from '../memory';
import { Char } from './characters';
import { byteAt, bytesOf, codePoint, sameBytes, sequenceLength, toLower } from './text';

/** Words of one slot: hash, start and length of the name, value. */
const SLOT: i32 = 4;
/** Slots of a table of characters. */
const CHARACTERS: i32 = 512;
const SEED: u32 = 2166136261;
const PRIME: u32 = 16777619;
/** Work of one look-up. */
const LOOKUP_FUEL: i32 = 40;

/** True when the bytes [p, p+len) spell `word` (ASCII). */
export function spells(p: usize, len: i32, word: string): bool {
  const name = bytesOf(word);
  return sameBytes(p, name, <usize>len) && byteAt(name + <usize>len) == 0;
}

function matches(p: usize, len: i32, word: usize, fold: bool): bool {
  for (let i = 0; i < len; i++) {
    const b = byteAt(p + <usize>i);
    if ((fold ? toLower(b) : b) != byteAt(word + <usize>i)) return false;
  }
  return true;
}

function table(words: i32): usize {
  const at = heap.alloc((<usize>words) << 2);
  memory.fill(at, 0, (<usize>words) << 2);
  return at;
}

/** Where the part of one of the program's texts that goes on at p ends: before a slash, a comma or its end. */
function partEnd(p: usize): usize {
  while (byteAt(p) != 0 && byteAt(p) != Char.SLASH && byteAt(p) != Char.COMMA) p++;
  return p;
}

/** Names of ASCII characters, each with a number from 0 up. Where a name is given twice, the first row counts. */
export class Names {
  slots: usize;
  end: i32;
  shortest: i32 = i32.MAX_VALUE;
  longest: i32 = 0;

  /** `size` is a power of two, larger than the number of names. */
  constructor(size: i32) {
    this.end = size * SLOT;
    this.slots = table(this.end);
  }

  /** Where the search for a hash begins. */
  home(hash: u32): i32 {
    return (<i32>((hash ^ (hash >> 15)) * SLOT)) & (this.end - 1) & -SLOT;
  }

  /** Adds the spellings of one row, divided by `/`; behind a comma those of the next number follow. */
  add(spellings: string, value: i32 = 0): this {
    let from = bytesOf(spellings);
    let c: i32;
    do {
      const p = partEnd(from);
      this.insert(from, p, value);
      c = byteAt(p);
      if (c == Char.COMMA) value++;
      from = p + 1;
    } while (c != 0);
    return this;
  }

  /** Adds the name [word, end) of one of the program's texts, unless it is empty. */
  insert(word: usize, end: usize, value: i32): void {
    const len = <i32>(end - word);
    if (len == 0) return;
    let h = SEED;
    for (let p = word; p < end; p++) h = (h ^ (<u32>byteAt(p))) * PRIME;
    this.shortest = min(this.shortest, len);
    this.longest = max(this.longest, len);
    let at = this.home(h);
    // a name that is there already is found first
    while (elementAt<i32>(this.slots, at + 2) != 0) at = (at + SLOT) % this.end;
    setElement<u32>(this.slots, at, h);
    setElement<usize>(this.slots, at + 1, word);
    setElement<i32>(this.slots, at + 2, len);
    setElement<i32>(this.slots, at + 3, value);
  }

  /** Number of the name [p, p+len), or -1. `fold` reads the text in lower case. */
  find(p: usize, len: i32, fold: bool = false): i32 {
    spend(LOOKUP_FUEL);
    if (len < this.shortest || len > this.longest) return -1;
    let h = SEED;
    for (let i = 0; i < len; i++) {
      const b = byteAt(p + <usize>i);
      h = (h ^ (<u32>(fold ? toLower(b) : b))) * PRIME;
    }
    let at = this.home(h);
    while (elementAt<i32>(this.slots, at + 2) != 0) {
      if (
        elementAt<u32>(this.slots, at) == h &&
        elementAt<i32>(this.slots, at + 2) == len &&
        matches(p, len, elementAt<usize>(this.slots, at + 1), fold)
      )
        return elementAt<i32>(this.slots, at + 3);
      at = (at + SLOT) % this.end;
    }
    return -1;
  }

  has(p: usize, len: i32, fold: bool = false): bool {
    return this.find(p, len, fold) >= 0;
  }

  /** Whether the word [p, q) is a name, letter case aside. */
  hasWord(p: usize, q: usize): bool {
    return this.has(p, <i32>(q - p), true);
  }
}

/** The character at p, in one of the program's texts. */
export function characterOf(p: usize): i32 {
  return codePoint(p, p + 4);
}

/** Characters, each with a number from 0 up. */
export class CodePoints {
  slots: usize = table(2 * CHARACTERS);

  /** Adds the characters of one number; behind a comma those of the next follow, which is one more. */
  add(characters: string, value: i32): this {
    for (let p = bytesOf(characters); byteAt(p) != 0; p += <usize>sequenceLength(byteAt(p)))
      if (byteAt(p) == Char.COMMA) value++;
      else this.put(characterOf(p), value);
    return this;
  }

  put(c: i32, value: i32): void {
    let at = this.home(c);
    while (elementAt<i32>(this.slots, at) != 0) at = (at + 2) & (2 * CHARACTERS - 1);
    setElement<i32>(this.slots, at, c);
    setElement<i32>(this.slots, at + 1, value);
  }

  home(c: i32): i32 {
    return 2 * ((c ^ (c >> 7)) & (CHARACTERS - 1));
  }

  /** Number of the character, or -1. */
  find(c: i32): i32 {
    let at = this.home(c);
    while (elementAt<i32>(this.slots, at) != 0) {
      if (elementAt<i32>(this.slots, at) == c) return elementAt<i32>(this.slots, at + 1);
      at = (at + 2) & (2 * CHARACTERS - 1);
    }
    return -1;
  }
}
