// The browser's WebGPU.
import { reasonOf } from '../errors.js';
import { inTime } from './in-time.js';

/** Milliseconds after which a browser that does not answer is taken for one without an adapter. */
const ANSWER_LIMIT = 20_000;

/** The browser's WebGPU object, or undefined where the browser has none. */
export function browserGpu(): GPU | undefined {
  return globalThis.navigator?.gpu;
}

/** What was found when a page looked for an adapter. */
export interface BrowserAdapter {
  readonly adapter: GPUAdapter | null;
  /** Why there is none, for people. */
  readonly notes: readonly string[];
}

/**
 * Looks for an adapter. Never throws, and never waits for ever: browsers whose GPU process hangs do not answer at all.
 * @param software one on CPU cores
 */
export async function browserAdapter(software: boolean, limit: number = ANSWER_LIMIT): Promise<BrowserAdapter> {
  const gpu = browserGpu();
  if (!gpu) return { adapter: null, notes: ['this page has no WebGPU (navigator.gpu is missing)'] };
  try {
    const asked = gpu.requestAdapter({ powerPreference: 'high-performance', forceFallbackAdapter: software });
    const adapter = await inTime(asked, limit, () => new Error(`no answer in ${limit / 1000} s`));
    return { adapter, notes: adapter ? [] : ['WebGPU gives no adapter here'] };
  } catch (error) {
    return { adapter: null, notes: [`WebGPU gives no adapter here: ${reasonOf(error)}`] };
  }
}
