// Regular expressions from files: one whose repetitions lie in each other, as (a+)+, may take time without end on a short text, and nothing can
// stop it.

/**
 * Whether a pattern repeats something without bound that itself repeats something. Classes and escapes are passed over; what is no pattern is
 * somebody else's error.
 */
export function hasNestedRepeats(pattern: string): boolean {
  /** Per open group: whether something in it is repeated. */
  const groups = [false];
  let isInClass = false;
  /** Whether the item that a quantifier here would repeat holds a repetition. */
  let repeats = false;
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!;
    if (c === '\\') {
      i++;
      repeats = false;
    } else if (isInClass) {
      isInClass = c !== ']';
      repeats = false;
    } else if (c === '[') isInClass = true;
    else if (c === '(') {
      groups.push(false);
      if (pattern[i + 1] === '?') i++;
    } else if (c === ')') {
      repeats = (groups.length > 1 && groups.pop()) ?? false;
      if (repeats) groups[groups.length - 1] = true;
    } else if (c === '*' || c === '+' || /^\{\d*,\}/.test(pattern.slice(i, i + 12))) {
      if (repeats) return true;
      groups[groups.length - 1] = true;
      if (c === '{') i = pattern.indexOf('}', i);
      // A possessive or lazy mark belongs to the quantifier.
      if (pattern[i + 1] === '?' || pattern[i + 1] === '+') i++;
      repeats = false;
    } else repeats = false;
  }
  return false;
}
