// How an operation is declared. A declaration names operands and scalars, with dtypes, shapes and effects; calling the operation checks
// the arguments against it, fills in defaults, and hands them to the recorder's device. What an operation computes, the text above its
// declaration says; how, each device knows for itself (kernels/ for WebGPU).
import { check, show } from '../errors.js';
import { KV_CACHE_FORMATS } from '../numbers/kv-cache.js';
import { WEIGHT_FORMATS } from '../numbers/weights.js';
import type { Recorder } from './device.js';
import { size, sizeOf, view, type DType, type Tensor } from './tensor.js';
import { watcherOf } from './watch.js';

/**
 * What an operation does to an operand. `read`: nothing. `write`: every element is assigned, whatever it was. `add`: `+=`.
 * `write|add`: `=`, or `+=` where the scalar `accumulate` is set. `update`: new contents depend on the old ones.
 */
export type Effect = 'read' | 'write' | 'add' | 'write|add' | 'update';

/** Dtypes that an operand may have; `weight` stands for all formats of weights, `cache` for those of keys and values. */
export type OperandDType = DType | 'weight' | 'cache';

const DTYPES: Readonly<Partial<Record<OperandDType, readonly DType[]>>> = { weight: WEIGHT_FORMATS, cache: KV_CACHE_FORMATS };

type Operands<A> = { [K in keyof A]-?: NonNullable<A[K]> extends Tensor | readonly Tensor[] ? K : never }[keyof A];
type Scalars<A> = Exclude<keyof A, Operands<A>>;

/** Arguments as a device gets them: every scalar has a value; operands that were left out are undefined. */
export type Resolved<A> = { readonly [K in Scalars<A>]-?: Exclude<A[K], undefined> } & Pick<A, Operands<A>>;

/**
 * An operand: effect (with `?` where it may be left out), dtype, and the least shape as a function of the scalars and, in a list of tensors,
 * of the place in the list. A tensor may be larger and have another shape of as many elements.
 */
export type Operand<A, E extends string = string> = readonly [
  effect: E,
  dtype: OperandDType,
  shape: (scalars: Resolved<A>, place: number) => readonly number[],
];

/** A scalar argument. */
export interface Scalar<A, T> {
  /** The rule that a value obeys, as messages say it. */
  readonly rule: string;
  readonly holds: (value: T) => boolean;
  /** Its value where it is left out, given the arguments that are declared before it. */
  readonly fallback?: ((args: Resolved<A>) => T) | undefined;
}

/** A condition on several arguments, and the text of the error where it does not hold. */
export type Rule<A> = readonly [holds: (args: Resolved<A>) => boolean, message: (args: Resolved<A>) => string];

/** What an operation takes. */
export interface Declaration<A> {
  readonly scalars: { readonly [K in Scalars<A>]-?: Scalar<A, Exclude<A[K], undefined>> };
  readonly operands: { readonly [K in Operands<A>]-?: Operand<A, undefined extends A[K] ? `${Effect}?` : Effect> };
  readonly rules?: readonly Rule<A>[];
}

/** An operation: call it to record it. @throws MgrpoError `invalid_argument` where an argument is not as declared */
export interface Operation<A> {
  (rec: Recorder, args: A): void;
  /** The name under which devices know it. */
  readonly name: string;
  readonly declaration: Declaration<A>;
}

/** The arguments that a device gets for an operation. */
export type ArgsOf<O> = O extends Operation<infer A> ? Resolved<A> : never;

/** A whole number from 0, or from `least`. */
export function count<A>(fallback?: number | ((args: Resolved<A>) => number), least = 0): Scalar<A, number> {
  return { rule: `a whole number ≥ ${least}`, holds: (v) => Number.isInteger(v) && v >= least, fallback: later(fallback) };
}

/** A finite number, or one that obeys a rule. */
export function real<A>(
  fallback?: number,
  rule = 'a finite number',
  holds: (value: number) => boolean = () => true,
): Scalar<A, number> {
  return { rule, holds: (v) => Number.isFinite(v) && holds(v), fallback: later(fallback) };
}

/** True or false. */
export function flag<A>(fallback: boolean): Scalar<A, boolean> {
  return { rule: 'true or false', holds: (v) => typeof v === 'boolean', fallback: () => fallback };
}

/** One of some words. */
export function oneOf<A, const T extends string>(words: readonly T[], fallback: T): Scalar<A, T> {
  return { rule: `one of ${words.join(', ')}`, holds: (v) => words.includes(v), fallback: () => fallback };
}

function later<A, T extends number>(value: T | ((args: Resolved<A>) => T) | undefined): ((args: Resolved<A>) => T) | undefined {
  return value === undefined || typeof value === 'function' ? value : () => value;
}

/** Declares an operation. Texts of errors are made only where a check fails: an operation is called thousands of times a step. */
export function operation<A extends object>(name: string, declaration: Declaration<A>): Operation<A> {
  type Args = Resolved<A>;
  const scalars = Object.entries(declaration.scalars) as [string, Scalar<A, unknown>][];
  const operands = (Object.entries(declaration.operands) as [string, Operand<A>][]).map(([key, [effect, dtype, shape]]) => ({
    key,
    optional: effect.endsWith('?'),
    reads: effect.startsWith('read'),
    dtypes: DTYPES[dtype] ?? [dtype as DType],
    shape,
  }));
  const rules = declaration.rules ?? [];

  const checkTensor = (t: Tensor | undefined, { key, dtypes, shape }: (typeof operands)[number], args: Args, place = 0): void => {
    const wanted = shape(args, place);
    if (t && dtypes.includes(t.dtype) && size(t) >= sizeOf(wanted)) return;
    const got = t ? `${t.dtype}${show(t.shape)}` : show(t);
    check(false, `${name}: expected ${dtypes.join(' or ')}${show(wanted)} for ${key}, got ${got}; check the sizes`);
  };

  const writtenBy = (all: Readonly<Record<string, unknown>>, args: Args): (readonly [string, Tensor])[] =>
    operands.flatMap(({ key, reads, shape }) => {
      const value = all[key] as Tensor | readonly Tensor[] | undefined;
      if (reads || value === undefined) return [];
      return [value].flat().map((t, place) => [key, view(t, 0, shape(args, place))] as const);
    });

  const call = (rec: Recorder, given: A): void => {
    const all = { ...given } as Record<string, unknown>;
    const args = all as Args;
    for (const [key, { holds, fallback, rule }] of scalars) {
      let value = all[key];
      if (value === undefined && fallback) value = all[key] = fallback(args);
      if (!holds(value)) check(false, `${name}: expected ${rule} for ${key}, got ${show(value)}`);
    }
    for (const [holds, message] of rules) if (!holds(args)) check(false, `${name}: ${message(args)}`);
    for (const operand of operands) {
      const value = all[operand.key] as Tensor | readonly Tensor[] | undefined;
      if (value === undefined && operand.optional) continue;
      if (Array.isArray(value))
        for (const [place, t] of (value as readonly Tensor[]).entries()) checkTensor(t, operand, args, place);
      else checkTensor(value as Tensor, operand, args);
    }
    rec.execute(name, args);
    const watch = watcherOf(rec.device);
    if (watch) watch(rec, name, writtenBy(all, args));
  };
  Object.defineProperty(call, 'name', { value: name });
  return Object.assign(call, { declaration });
}
