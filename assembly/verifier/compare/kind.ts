// What an answer is, for callers that allow some kinds only.
import { isConstantNode } from '../algebra/sampling';
import { infinity, isInterval, isSetLike } from '../algebra/sets';
import { alloc, PAIR_FUEL, resetArena } from '../arena';
import { isNull } from '../memory';
import { parseAnswer } from '../parse/parser';
import { Commas, newSymbols } from '../parse/tokens';
import { hasKind, kid, Kind, Node } from '../parse/tree';
import { Choice } from '../read/letters';
import { hasContent, hasHidden } from '../read/plain';
import { endOf, Span, startOf } from '../read/span';
import { AnswerKind } from '../status';
import { assigned, unwrap, withoutRemarks } from './items';
import { bare } from './quantities';

/** Longest answer that is told apart, in bytes. */
const MAX_ANSWER: i32 = 8192;

/** The kind of an answer (AnswerKind.*); an assignment is of the kind of its value. */
export function kindOf(answer: Span): i32 {
  resetArena(PAIR_FUEL);
  const p = startOf(answer);
  const e = endOf(answer);
  if (<i32>(e - p) > MAX_ANSWER || !hasContent(p, e) || hasHidden(p, e)) return AnswerKind.UNREAD;
  const choice = changetype<Choice>(alloc(offsetof<Choice>()));
  choice.read(p, e);
  if (choice.letter != 0) return AnswerKind.LETTER;
  const parsed = parseAnswer(p, e, Commas.GROUP, newSymbols());
  return parsed.isParsed ? kindOfTree(unwrap(withoutRemarks(parsed.tree))) : AnswerKind.UNREAD;
}

function kindOfTree(x: Node): i32 {
  x = bare(x);
  switch (x.kind) {
    case Kind.TEXT:
      return AnswerKind.WORDS;
    case Kind.LIST:
    case Kind.SET:
      return AnswerKind.LIST;
    case Kind.MATRIX:
      return AnswerKind.MATRIX;
    case Kind.RATIO:
      return AnswerKind.NUMBER;
    case Kind.REL: {
      const value = assigned(x);
      return isNull(value) ? AnswerKind.RELATION : kindOfTree(unwrap(value));
    }
    case Kind.TUPLE:
      // (1, 2) may be a point
      return isInterval(x) && (x.op != 0 || infinity(kid(x, 0)) != 0 || infinity(kid(x, 1)) != 0)
        ? AnswerKind.INTERVAL
        : AnswerKind.TUPLE;
  }
  if (hasKind(x, Kind.PM)) return AnswerKind.LIST;
  if (isSetLike(x)) return AnswerKind.INTERVAL;
  return isConstantNode(x) ? AnswerKind.NUMBER : AnswerKind.EXPRESSION;
}
