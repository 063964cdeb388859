// The one error of this package, and how values are shown in messages.
/** What went wrong, as a stable string that scripts and embedding applications can switch on. */
export type ErrorCode =
  | 'invalid_argument'
  | 'unsupported'
  | 'no_adapter'
  | 'device_lost'
  | 'out_of_memory'
  | 'device_limit'
  | 'gpu_validation'
  | 'bad_file'
  | 'not_found'
  | 'exists'
  | 'network'
  | 'reward_function'
  /** A loss or gradient became NaN or infinite; the weights are those before it. */
  | 'diverged';

/**
 * Every error that this package raises on purpose. The message reads `where: expected <rule> for <name>, got <value>; <way out>`.
 */
export class MgrpoError extends Error {
  /** Stable identifier of the kind of failure. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MgrpoError';
    this.code = code;
  }
}

/** Most characters that a message shows of a value. */
const SHOWN = 80;

/** Shortens any value for use in an error message (at most 80 characters). */
export function show(value: unknown): string {
  let text: string;
  try {
    text = textOf(value);
  } catch {
    // Without end, or nested too deep: what it is must do.
    text = Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
  }
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 3)}...` : text;
}

function textOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  // only the start of a long text is shown
  if (typeof value === 'string') return JSON.stringify(value.slice(0, SHOWN));
  if (typeof value === 'function') return `the function ${value.name || 'without a name'}`;
  if (value instanceof Error) return value.message;
  return JSON.stringify(value) ?? String(value);
}

/** Names that somebody else gave, for a message: the first twenty, none longer than {@link show} makes it. */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => (name.length > 80 ? show(name) : name));
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '');
}

/** What whatever was thrown says. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Raises `invalid_argument` with `message` unless `condition` holds. */
export function check(condition: unknown, message: string): asserts condition {
  if (!condition) throw new MgrpoError('invalid_argument', message);
}
