// Opens the device of this machine, and says what it is and what would be faster.
import { MgrpoError } from '../errors.js';
import { openDevice, type Gpu } from '../index.js';
import type { AdapterSummary } from '../index.js';
import { nodeGpu } from '../platform/webgpu-node.js';
import { say } from './output.js';

/** The adapter of this machine. @throws no_adapter that lists what was tried and the ways out */
export async function findAdapter(): Promise<{ readonly adapter: GPUAdapter; readonly notes: readonly string[] }> {
  const { adapter, notes } = await nodeGpu();
  if (adapter) return { adapter, notes };
  const tried = notes.map((note) => `\n  - ${note}`).join('');
  throw new MgrpoError(
    'no_adapter',
    `webgpu: expected a GPU or a software adapter, found none:${tried}\n` +
      'Ways out: a GPU with a Vulkan, Metal or Direct3D 12 driver; on x64 Linux a software adapter from npm install webgpu @sparticuz/chromium, ' +
      'or the system’s lavapipe (package mesa-vulkan-drivers, Mesa 24 or newer); in containers, pass the GPU through.',
  );
}

/** Opens the device and says in one line what it is, where it is a software adapter also what would be faster. */
export async function openGpu(): Promise<Gpu> {
  const { adapter } = await findAdapter();
  const gpu = await openDevice(adapter);
  const faster = fasterThan(gpu.adapter);
  say(`device: ${adapterName(gpu.adapter)}${faster ? ` (runs on the CPU: ${faster})` : ''}`);
  return gpu;
}

/** What people call the adapter. */
export function adapterName({ description, vendor, architecture }: AdapterSummary): string {
  return description || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter';
}

/** What would be faster than a software adapter; undefined for a GPU. */
export function fasterThan(summary: AdapterSummary): string | undefined {
  if (!summary.software) return undefined;
  const gpu = 'a GPU is faster by orders of magnitude';
  const isLavapipe = /llvmpipe|lavapipe/i.test(`${summary.description} ${summary.architecture} ${summary.vendor}`);
  if (isLavapipe || process.platform !== 'linux') return gpu;
  return `${gpu}; the system’s lavapipe of Mesa 24 or newer (package mesa-vulkan-drivers) about 5 times`;
}
