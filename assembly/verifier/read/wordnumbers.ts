// Numbers in words: "twenty-one", "minus one hundred and five", "two thirds", "third".
import { Char } from './characters';
import { Names } from './names';
import { byteAt, isDigit, isLetter, isOneOf, isSpace, isWordAt, skipDigits, skipLetters } from './text';

/** Words below twenty, each a number above the one before it. */
const SMALL = new Names(64).add(
  'zero,one,two,three,four,five,six,seven,eight,nine,ten,eleven,twelve,thirteen,fourteen,fifteen,sixteen,seventeen,eighteen,nineteen',
);
/** Words for the tens. */
const TENTHS = new Names(16).add('twenty,thirty,forty/fourty,fifty,sixty,seventy,eighty,ninety', 2);

/** Ordinal numbers; all but the first two are parts too: a third. */
const ORDINALS = new Names(32)
  .add('first,second,third,fourth,fifth,sixth,seventh,eighth,ninth,tenth,eleventh,twelfth', 1)
  .add('twentieth', 20)
  .add('hundredth', 100);

/** Parts that are no ordinal numbers. */
const PARTS = new Names(32)
  .add('half/halves,thirds,quarter/quarters/fourths,fifths,sixths,sevenths,eighths,ninths,tenths', 2)
  .add('twelfths', 12)
  .add('hundredths', 100);

/** What may be added to twenty, and to a hundred, is smaller. */
const TENS: i32 = 10;
const HUNDRED: i32 = 100;
/** Largest number that is read. */
const LIMIT: i32 = 1_000_000;

/** A number in words. */
@unmanaged
class WordNumber {
  numerator: i32;
  denominator: i32;
  /** words read, and the value so far; -1 before there is one */
  value: i32;
  negative: bool;
  /** the last word was a multiple of ten, so that a smaller one may follow; "hundred" or "and" behind it */
  mayAdd: i32;
  done: bool;

  /** Reads all of [p, e); false where it is no number in words. */
  read(p: usize, e: usize): bool {
    this.denominator = 1;
    this.value = -1;
    this.negative = false;
    this.mayAdd = LIMIT;
    this.done = false;
    let words = 0;
    while (p < e) {
      const c = byteAt(p);
      if (isLetter(c)) {
        const q = skipLetters(p, e);
        if (!this.word(p, q, words)) return false;
        words++;
        p = q;
      } else if (isDigit(c)) {
        const q = skipDigits(p, e);
        if (this.value >= 0 || q - p > 6) return false;
        this.value = 0;
        for (; p < q; p++) this.value = this.value * 10 + (byteAt(p) - Char.ZERO);
        this.mayAdd = 0;
        words++;
      } else if (c == Char.OPEN_PAREN && this.value >= 0) {
        // seventeen (17)
        const said = this.value;
        const close = skipDigits(p + 1, e);
        this.value = -1;
        if (close + 1 != e || !this.read(p + 1, close) || this.value != said) return false;
        p = e;
      } else if (isSpace(c) || isOneOf(c, '-.{}$')) p++;
      else return false;
    }
    this.numerator = this.negative ? -this.value : this.value;
    return this.value >= 0;
  }

  /** Takes the word [p, q), the `index`-th one. */
  word(p: usize, q: usize, index: i32): bool {
    const n = <i32>(q - p);
    if (this.done) return false;
    if (index == 0 && isWordAt(p, q, 'negative/minus')) {
      this.negative = true;
      return true;
    }
    if (index == 0 && isWordAt(p, q, 'positive')) return true;
    if (this.value < 0 && isWordAt(p, q, 'a/an')) {
      this.value = 1;
      this.mayAdd = 0;
      return true;
    }
    if (isWordAt(p, q, 'and')) return this.value >= HUNDRED && this.mayAdd >= TENS;
    const small = SMALL.find(p, n, true);
    if (small >= 0) return this.add(small, 0);
    const tens = TENTHS.find(p, n, true);
    if (tens >= 0) return this.add(tens * TENS, TENS);
    if (isWordAt(p, q, 'hundred')) return this.scale(HUNDRED);
    if (isWordAt(p, q, 'thousand')) return this.scale(1000);
    const part = PARTS.find(p, n, true);
    const ordinal = ORDINALS.find(p, n, true);
    if (part < 0 && ordinal < 0) return false;
    this.done = true;
    // twenty-first; third
    if (part < 0 && (this.value < 0 || (this.mayAdd == TENS && ordinal < TENS))) return this.add(ordinal, 0);
    if (part < 0 && ordinal < 3) return false;
    if (this.value < 0) {
      if (part != 2) return false;
      this.value = 1;
    }
    this.denominator = part < 0 ? ordinal : part;
    return true;
  }

  /** Adds a smaller number to what was read. */
  add(number: i32, mayAdd: i32): bool {
    if (this.value >= 0 && (number >= this.mayAdd || number == 0)) return false;
    this.value = max(this.value, 0) + number;
    this.mayAdd = mayAdd;
    return true;
  }

  scale(by: i32): bool {
    if (this.value <= 0 || this.value * by > LIMIT || (by == HUNDRED && this.value >= 2 * TENS)) return false;
    this.value *= by;
    this.mayAdd = by;
    return true;
  }
}

/** The number in words that was read last. */
export const wordNumber = changetype<WordNumber>(memory.data(24, 4));
