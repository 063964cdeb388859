// Regular expressions from files: one whose repetitions lie in each other, as (a+)+, or that may be repeated in several ways, as (a|a)*, may take
// time without end on a short text, and nothing can stop it.

/** Most repetitions without bound in a row: each one more takes time with a higher power of the length. */
const MOST_IN_A_ROW = 3;

/** A group that is being read. */
interface Group {
  /** Whether something in it is repeated, or may be missing. */
  varies: boolean;
  /** How its branches begin; null: with more than one letter that is written out. */
  readonly begins: (string | null)[];
  /** Repetitions without bound in this branch, and at most in those before it. */
  open: number;
  most: number;
}

const group = (): Group => ({ varies: false, begins: [], open: 0, most: 0 });
/** The first letter of a branch; null where it is none that is written out. */
const beginning = (rest: string): string | null =>
  /^(?:\\[nrtfv0]|\\[^\w\s]|[^\\[\](){}.^$|*+?])(?![*?{])/u.exec(rest)?.[0] ?? null;

/**
 * Whether a pattern repeats, more than once, what repeats or may be missing itself or begins in several ways that may be the same, or repeats
 * more than three things in a row without bound. Classes and escapes are passed over; what is no pattern is somebody else's error.
 */
export function hasNestedRepeats(pattern: string): boolean {
  const groups = [group()];
  let isInClass = false;
  /** Whether the item that a quantifier here would repeat can be read in several ways. */
  let repeats = false;
  let isStart = true;
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!;
    const last = groups.at(-1)!;
    const quantifier = isInClass ? null : /^(?:[*+?]|\{(\d*)(,?)(\d*)\})/.exec(pattern.slice(i, i + 16));
    if (isStart && !isInClass) last.begins.push(beginning(pattern.slice(i)));
    isStart = false;
    if (c === '\\') {
      i++;
      repeats = false;
    } else if (isInClass) {
      isInClass = c !== ']';
      repeats = false;
    } else if (c === '[') isInClass = true;
    else if (c === '(') {
      groups.push(group());
      isStart = true;
      const mark = /^(?:\?(?:<?[=!]|<\w+>|[\w-]*:))?/.exec(pattern.slice(i + 1))![0];
      i += mark.length;
    } else if (c === '|') {
      last.most = Math.max(last.most, last.open);
      last.open = 0;
      isStart = true;
      repeats = false;
    } else if (c === ')') {
      if (groups.length > 1) groups.pop();
      const distinct = last.begins.every((one) => one !== null) && new Set(last.begins).size === last.begins.length;
      repeats = last.varies || (last.begins.length > 1 && !distinct);
      const outer = groups.at(-1)!;
      outer.varies ||= last.varies;
      if (outer !== last) outer.open += Math.max(last.most, last.open);
      if (outer.open > MOST_IN_A_ROW) return true;
    } else if (quantifier) {
      const [whole, least, comma, most] = quantifier;
      const isOpen = c === '*' || c === '+' || (comma === ',' && most === '');
      const times = isOpen ? Infinity : c === '?' ? 1 : Number(most || least);
      if (repeats && times > 1) return true;
      if (isOpen && ++last.open > MOST_IN_A_ROW) return true;
      if (isOpen || c === '?' || (comma === ',' && least !== most)) last.varies = true;
      i += whole.length - 1;
      // A possessive or lazy mark belongs to the quantifier.
      if (pattern[i + 1] === '?' || pattern[i + 1] === '+') i++;
      repeats = false;
    } else repeats = false;
  }
  return false;
}
