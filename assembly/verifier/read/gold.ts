// What a gold says about the form of the answer that is looked for.
import { Char } from './characters';
import { leadingLetter } from './letters';
import { countTextWords } from './prose';
import { isName } from './quoted';
import { countItems } from './solution';
import { endOf, exists, Span, startOf } from './span';
import { byteAt, indexOfByte, isOneOf } from './text';

/** The form of one gold. */
@unmanaged
export class GoldForm {
  /** words of a gold that is text */
  words: i32;
  /** it is a choice */
  letter: bool;
  list: bool;
  /** items, where it is a list */
  items: i32;
  decimal: bool;
  equation: bool;
  /** it has a factorial, so that an exclamation mark may be one */
  factorial: bool;

  read(gold: Span): void {
    this.words = 0;
    this.letter = false;
    this.list = false;
    this.items = 1;
    this.decimal = false;
    this.factorial = false;
    this.equation = false;
    if (!exists(gold)) return;
    const p = startOf(gold);
    const e = endOf(gold);
    this.words = countTextWords(p, e);
    this.items = countItems(p, e);
    this.list = indexOfByte(p, e, Char.COMMA) < e;
    this.decimal = !this.list && indexOfByte(p, e, Char.POINT) < e;
    this.factorial = indexOfByte(p, e, Char.BANG) < e;
    this.equation = indexOfByte(p, e, Char.EQUALS) < e;
    // One letter, or a letter with its text: "B", "(D) Alina", "C. 5 cm".
    const letter = leadingLetter(p, e);
    if (!exists(letter)) return;
    const q = endOf(letter);
    const c = q < e ? byteAt(q) : 0;
    this.letter =
      q >= e ||
      isOneOf(c, ')]') ||
      (isOneOf(c, ':}') && !isName(q + 1, e)) ||
      (c == Char.POINT && e - p > 2) ||
      (isOneOf(c, '.$*') && q + 1 == e);
  }
}
