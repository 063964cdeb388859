// What parsing gives: the tree of an answer, and what is said about it in words.
import { isNull } from '../memory';
import { Rel, Space, Tok } from './symbols';
import { Tokens } from './tokens';
import { Node } from './tree';

/** Words that may stand before a relation: "all real x > 2". */
export const QUANTIFIERS = 'all/any/every/each/real';

/** A parsed side. */
@unmanaged
export class Answer {
  /** null where it is no answer that the grammar knows */
  tree: Node;
  start: usize;
  end: usize;
  /** currency sign, or 0 */
  currency: i32;
  /** see Tokens */
  grouped: bool;
  zeroGroup: bool;
  tokens: Tokens;
  /** something is said about the answer ("where n is even") by the tokens that are in a remark */
  hasRemark: bool;
  /** it holds only under a condition: if n is even */
  isConditional: bool;
  /** the remark only names the domain of a variable, or changes nothing */
  isHarmless: bool;

  /** The place of the next token in a remark from i on; the number of tokens where there is none. */
  nextRemark(i: i32): i32 {
    while (i < this.tokens.count && !this.tokens.at(i).inRemark) i++;
    return i;
  }

  /** Whether the same is said about another answer, in any spelling of its signs. */
  sameRemark(other: Answer): bool {
    let i = this.nextRemark(0);
    let j = other.nextRemark(0);
    for (; i < this.tokens.count && j < other.tokens.count; i = this.nextRemark(i + 1), j = other.nextRemark(j + 1))
      if (!this.tokens.at(i).isSame(other.tokens.at(j))) return false;
    return i == this.tokens.count && j == other.tokens.count;
  }

  /** Whether the remark bounds a variable: n > 5, n ≠ 1; with `part`, to a part of its values that is not all: n ≠ 1 and "for all n > 0" are none. */
  bounds(part: bool): bool {
    let found = false;
    for (let i = this.nextRemark(0); i < this.tokens.count; i = this.nextRemark(i + 1)) {
      const t = this.tokens.at(i);
      if (part && t.says(QUANTIFIERS)) return false;
      if (t.kind == Tok.REL && t.aux != Rel.IN && !(part && t.aux == Rel.NE)) found = true;
    }
    return found;
  }

  /** The first letter that is said to be an integer, or -1. */
  get parameter(): i32 {
    let letter = -1;
    let isInteger = false;
    for (let i = this.nextRemark(0); i < this.tokens.count; i = this.nextRemark(i + 1)) {
      const t = this.tokens.at(i);
      if (t.kind == Tok.SYM && letter < 0) letter = t.aux;
      if (t.says('integer/integers') || (t.kind == Tok.SPACESET && t.aux == Space.Z)) isInteger = true;
    }
    return isInteger ? letter : -1;
  }

  get isParsed(): bool {
    return !isNull(this.tree);
  }
}
