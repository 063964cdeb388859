// WebGPU's way to compute every operation: one function per row of the table, complete by type.
import { Gpu, type GpuOptions } from '../gpu/device.js';
import type { GpuRecorder } from '../gpu/recorder.js';
import type { Executor, OperationName } from '../ops/operations.js';
import * as adamw from './adamw.js';
import * as attention from './attention.js';
import * as elementwise from './elementwise.js';
import * as embedding from './embedding.js';
import * as glu from './glu.js';
import * as head from './head.js';
import { kvStore } from './kv.js';
import * as linear from './linear.js';
import * as matmul from './matmul.js';
import * as norm from './norm.js';
import { rope } from './rope.js';
import * as sampling from './sampling.js';

/** Modules export a function per operation, under its name. */
const KERNELS: Executor<GpuRecorder> = {
  ...matmul,
  ...linear,
  ...attention,
  kvStore,
  ...norm,
  ...glu,
  rope,
  ...embedding,
  ...head,
  ...sampling,
  ...adamw,
  ...elementwise,
};

/**
 * Opens a WebGPU device that computes all operations.
 * @throws MgrpoError `invalid_argument` where there is no adapter, `unsupported` if it refuses.
 */
export function openAdapter(adapter: GPUAdapter, options: GpuOptions = {}): Promise<Gpu> {
  return Gpu.open(adapter, options, (rec, operation, args) => {
    (KERNELS[operation as OperationName] as (rec: GpuRecorder, args: object) => void)(rec, args);
  });
}
