// The public interface with Node's platform: folders on disk, adapters through Dawn, and threads. What stands here wins over the index.
export * from './index.js';
export { keepTiles, openDevice, openGpu, openWasm } from './open/node.js';
export { builtinModel } from './platform/builtin.js';
export type { BuiltinModel } from './platform/builtin.js';
export type { HubAccessOptions } from './platform/hub-access.js';
export { pushFolder } from './platform/hub-push.js';
export type { PushOptions } from './platform/hub-push.js';
export { resolveAdapter, resolveModel } from './platform/hub.js';
export type { DownloadProgress, HubOptions } from './platform/hub.js';
export { NodeFiles } from './platform/node-files.js';
export { nodeGpu } from './platform/webgpu-node.js';
export type { NodeGpu } from './platform/webgpu-node.js';
