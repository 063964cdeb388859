// What an operation allows and these kernels do not compute yet.
import { MgrpoError } from '../errors.js';

/** Refuses an argument that the kernels of WebGPU do not have yet. */
export function refuse(used: boolean, operation: string, argument: string): void {
  if (used)
    throw new MgrpoError('unsupported', `${operation}: expected no ${argument} on WebGPU, got one; it is not computed there yet`);
}
