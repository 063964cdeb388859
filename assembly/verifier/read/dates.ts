// Dates in words: "March 5", "5th of March 2021".
import { Char } from './characters';
import { Names } from './names';
import { byteAt, isDigit, isLetter, isOneOf, isSpace, isWordAt, skipDigits, skipLetters } from './text';

const MONTHS = new Names(64).add(
  'january/jan,february/feb,march/mar,april/apr,may,june/jun,july/jul,august/aug,september/sep/sept,october/oct,november/nov,december/dec',
  1,
);
const LAST_DAY: i32 = 31;

/** The day that [p, e) names by its month and, in either order, its day and perhaps its year, as one number; 0 where it is something else. */
export function dateOf(p: usize, e: usize): i32 {
  let month = 0;
  let day = 0;
  let year = 0;
  while (p < e) {
    const c = byteAt(p);
    if (isDigit(c)) {
      const q = skipDigits(p, e);
      const n = <i32>(q - p);
      let number = 0;
      for (; p < q && n <= 4; p++) number = number * 10 + byteAt(p) - Char.ZERO;
      if (n <= 2 && day == 0 && number <= LAST_DAY) day = number;
      else if (n == 4 && year == 0 && day > 0) year = number;
      else return 0;
      p = q;
      if (isWordAt(p, e, 'st/nd/rd/th')) p += 2;
    } else if (isLetter(c)) {
      const q = skipLetters(p, e);
      const found = MONTHS.find(p, <i32>(q - p), true);
      if (found > 0 && month == 0) month = found;
      else if (!isWordAt(p, q, 'the/of/on/text')) return 0;
      p = q;
    } else if (isSpace(c) || isOneOf(c, ',.{}\\')) p++;
    else return 0;
  }
  return month > 0 && day > 0 ? (year * 16 + month) * 32 + day : 0;
}
