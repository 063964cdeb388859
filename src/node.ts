// The public interface with Node's platform: folders on disk, and adapters through Dawn.
export * from './index.js';
export { resolveModel } from './platform/hub.js';
export type { DownloadProgress, HubOptions } from './platform/hub.js';
export { NodeFiles } from './platform/node-files.js';
export { nodeGpu } from './platform/webgpu-node.js';
export type { NodeGpu } from './platform/webgpu-node.js';
