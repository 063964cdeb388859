// The peers' side of `mgrpo bench --peers`: jax-js, TensorFlow.js and ONNX Runtime (for the web, for Node) compute the kernels of src/bench/peers.ts
// on the adapter that `navigator.gpu` gives. What is installed in this folder takes part.
import { model, node, value } from './onnx-model.mjs';

const BETA1 = 0.9;
const BETA2 = 0.999;
const RATE = 1e-3;
const DECAY = 0.01;
const EPSILON = 1e-8;
const NORM_EPSILON = 1e-6;

/** What is added to scores, so that a position does not look at later ones. */
const causal = (length) =>
  Float32Array.from({ length: length * length }, (_, i) => (i % length > Math.floor(i / length) ? -1e30 : 0));

/** jax-js: arrays are owned, `ref` keeps one for another use. */
async function jax() {
  // It maps over iterators, which Node can from version 22.
  const iterators = Object.getPrototypeOf(Object.getPrototypeOf([].values()));
  iterators.map ??= function* (change) {
    for (const one of this) yield change(one);
  };
  iterators.filter ??= function* (keep) {
    for (const one of this) if (keep(one)) yield one;
  };
  const { init, defaultDevice, devicePut, jit, nn, numpy: np, blockUntilReady } = await import('@jax-js/jax');
  if (!(await init('webgpu')).includes('webgpu')) throw new Error('it has no WebGPU here');
  defaultDevice('webgpu');
  const kinds = {
    matmul: ({ m, n, k }) => [{ x: [m, k], w: [n, k] }, (x, w) => [np.matmul(x, w.transpose())]],
    rmsNorm: ({ rows, width }) => [
      { x: [rows, width], w: [width] },
      (x, w) => {
        const mean = np.mean(np.square(x.ref), 1, { keepdims: true });
        return [x.mul(np.reciprocal(np.sqrt(mean.add(NORM_EPSILON)))).mul(w)];
      },
    ],
    attention: ({ count, length, heads, kvHeads, headDim }) => [
      { q: [count, length, heads, headDim], k: [count, length, kvHeads, headDim], v: [count, length, kvHeads, headDim] },
      (q, k, v) => [nn.dotProductAttention(q, k, v, { isCausal: true })],
    ],
    adamW: ({ size }) => [
      { p: [size], g: [size], m: [size], v: [size] },
      (p, g, m, v) => {
        const mean = m.mul(BETA1).add(g.ref.mul(1 - BETA1));
        const square = v.mul(BETA2).add(np.square(g).mul(1 - BETA2));
        const below = np.sqrt(square.ref.mul(1 / (1 - BETA2))).add(EPSILON);
        const moved = p.mul(1 - RATE * DECAY).sub(mean.ref.mul(RATE / (1 - BETA1)).div(below));
        return [moved, mean, square];
      },
    ],
    greedy: ({ rows, vocab }) => [
      { logits: [rows, vocab] },
      (logits) => [np.argmax(logits.ref, 1), np.max(nn.logSoftmax(logits, 1), 1)],
    ],
  };
  return {
    async open({ kind, sizes, inputs }) {
      const [shapes, compute] = kinds[kind](sizes);
      const given = await Promise.all(
        Object.entries(shapes).map(async ([name, shape]) => devicePut(np.array(inputs[name]).reshape(shape), 'webgpu')),
      );
      await blockUntilReady(given.map((array) => array.ref));
      const run = jit(compute);
      const once = () => run(...given.map((array) => array.ref));
      return {
        outputs: () => Promise.all(once().map((array) => array.data())),
        // Arrays are made when somebody waits for them: one that is freed before is never computed.
        async repeat(times) {
          const runs = Array.from({ length: times }, () => blockUntilReady(once()));
          for (const arrays of await Promise.all(runs)) arrays.forEach((array) => array.dispose());
        },
        free: () => given.forEach((array) => array.dispose()),
      };
    },
  };
}

/** TensorFlow.js. */
async function tfjs() {
  const tf = await import('@tensorflow/tfjs');
  await import('@tensorflow/tfjs-backend-webgpu');
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  if (!(await tf.setBackend('webgpu'))) throw new Error('it has no WebGPU here');
  const kinds = {
    matmul: ({ m, n, k }) => [{ x: [m, k], w: [n, k] }, ({ x, w }) => [tf.matMul(x, w, false, true)]],
    rmsNorm: ({ rows, width }) => [
      { x: [rows, width], w: [width] },
      ({ x, w }) => [tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), 1, true), NORM_EPSILON))), w)],
    ],
    // Heads before positions, and keys and values once a head, from the beginning: this package does not get that.
    attention: ({ count, length, heads, kvHeads, headDim }) => {
      const split = (t, of) => tf.transpose(tf.reshape(t, [count, length, of, headDim]), [0, 2, 1, 3]);
      const widen = (t) => {
        const grouped = tf.stack(Array(heads / kvHeads).fill(split(t, kvHeads)), 2);
        return tf.reshape(grouped, [count, heads, length, headDim]);
      };
      const prepare = ({ q, k, v }) => ({
        ...{ q: split(q, heads), k: widen(k), v: widen(v) },
        mask: tf.tensor(causal(length), [length, length]),
      });
      const compute = ({ q, k, v, mask }) => {
        const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), headDim ** -0.5), mask);
        return [tf.matMul(tf.softmax(scores), v)];
      };
      const finish = ([o]) => [tf.transpose(o, [0, 2, 1, 3])];
      const flat = (of) => [count * length * of * headDim];
      return [{ q: flat(heads), k: flat(kvHeads), v: flat(kvHeads) }, compute, prepare, finish];
    },
    adamW: ({ size }) => [
      { p: [size], g: [size], m: [size], v: [size] },
      ({ p, g, m, v }) => {
        const mean = tf.add(tf.mul(m, BETA1), tf.mul(g, 1 - BETA1));
        const square = tf.add(tf.mul(v, BETA2), tf.mul(tf.square(g), 1 - BETA2));
        const below = tf.add(tf.sqrt(tf.mul(square, 1 / (1 - BETA2))), EPSILON);
        return [tf.sub(tf.mul(p, 1 - RATE * DECAY), tf.div(tf.mul(mean, RATE / (1 - BETA1)), below)), mean, square];
      },
    ],
    greedy: ({ rows, vocab }) => [
      { logits: [rows, vocab] },
      ({ logits }) => [tf.argMax(logits, 1), tf.max(tf.logSoftmax(logits, 1), 1)],
    ],
  };
  return {
    open({ kind, sizes, inputs }) {
      const [shapes, compute, prepare = (all) => all, finish = (all) => all] = kinds[kind](sizes);
      const given = tf.tidy(() =>
        prepare(Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, tf.tensor(inputs[name], shape)]))),
      );
      const once = () => tf.tidy(() => compute(given));
      return {
        outputs: () => Promise.all(tf.tidy(() => finish(compute(given))).map((tensor) => tensor.data())),
        async repeat(times) {
          for (let i = 0; i < times; i++) tf.dispose(once());
          const backend = tf.backend();
          backend.endComputePassEncoder();
          if (backend.commandEncoder) backend.submitQueue();
          await backend.queue.onSubmittedWorkDone();
        },
        free: () => tf.dispose(Object.values(given)),
      };
    },
  };
}

/** Graphs of ONNX for the kernels. */
const GRAPHS = {
  matmul: ({ m, n, k }) =>
    model([node('Gemm', ['x', 'w'], ['y'], { transB: 1 })], [value('x', [m, k]), value('w', [n, k])], [value('y', [m, n])]),
  rmsNorm: ({ rows, width }) =>
    model(
      [node('SimplifiedLayerNormalization', ['x', 'w'], ['y'], { axis: -1, epsilon: NORM_EPSILON })],
      [value('x', [rows, width]), value('w', [width])],
      [value('y', [rows, width])],
    ),
  attention: ({ count, length, heads, kvHeads, headDim }) => {
    const narrow = [count, length, kvHeads * headDim];
    const past = [count, kvHeads, 0, headDim];
    const present = [count, kvHeads, length, headDim];
    const attributes = { num_heads: heads, kv_num_heads: kvHeads, scale: headDim ** -0.5 };
    const inputs = ['q', 'k', 'v', 'pastK', 'pastV', 'last', 'total'];
    return model(
      [node('GroupQueryAttention', inputs, ['o', 'presentK', 'presentV'], attributes, 'com.microsoft')],
      [
        ...[value('q', [count, length, heads * headDim]), value('k', narrow), value('v', narrow)],
        ...[value('pastK', past), value('pastV', past), value('last', [count], 'int32'), value('total', [1], 'int32')],
      ],
      [value('o', [count, length, heads * headDim]), value('presentK', present), value('presentV', present)],
    );
  },
  /** The same by parts. */
  attentionParts({ count, length, heads, kvHeads, headDim }) {
    const grouped = [count, kvHeads, heads / kvHeads, length, headDim];
    return model(
      [
        ...[node('Reshape', ['q', 'split'], ['q1']), node('Transpose', ['q1'], ['q2'], { perm: [0, 2, 3, 1, 4] })],
        ...[node('Reshape', ['k', 'one'], ['k1']), node('Transpose', ['k1'], ['k2'], { perm: [0, 2, 3, 4, 1] })],
        ...[node('Reshape', ['v', 'one'], ['v1']), node('Transpose', ['v1'], ['v2'], { perm: [0, 2, 3, 1, 4] })],
        ...[node('MatMul', ['q2', 'k2'], ['s1']), node('Mul', ['s1', 'scale'], ['s2']), node('Add', ['s2', 'mask'], ['s3'])],
        ...[node('Softmax', ['s3'], ['p'], { axis: -1 }), node('MatMul', ['p', 'v2'], ['o1'])],
        ...[node('Transpose', ['o1'], ['o2'], { perm: [0, 3, 1, 2, 4] }), node('Reshape', ['o2', 'whole'], ['o'])],
      ],
      [
        ...[value('q', [count, length, heads * headDim]), value('k', [count, length, kvHeads * headDim])],
        ...[value('v', [count, length, kvHeads * headDim]), value('mask', [length, length])],
      ],
      [value('o', [count, length, heads * headDim])],
      { scale: headDim ** -0.5 },
      {
        split: [count, length, kvHeads, grouped[2], headDim],
        one: [count, length, kvHeads, 1, headDim],
        whole: [count, length, heads * headDim],
      },
    );
  },
  adamW: ({ size }) => {
    const constants = {
      beta1: BETA1,
      rest1: 1 - BETA1,
      beta2: BETA2,
      rest2: 1 - BETA2,
      decay: 1 - RATE * DECAY,
      rate: RATE / (1 - BETA1),
      correction: 1 / (1 - BETA2),
      epsilon: EPSILON,
    };
    const of = (op) => (a, b, to) => node(op, b === undefined ? [a] : [a, b], [to]);
    const [mul, add, sub, div, sqrt] = ['Mul', 'Add', 'Sub', 'Div', 'Sqrt'].map(of);
    const nodes = [
      ...[mul('m', 'beta1', 'm1'), mul('g', 'rest1', 'm2'), add('m1', 'm2', 'mean')],
      ...[mul('v', 'beta2', 'v1'), mul('g', 'g', 'gg'), mul('gg', 'rest2', 'v2'), add('v1', 'v2', 'square')],
      ...[mul('square', 'correction', 's1'), sqrt('s1', undefined, 's2'), add('s2', 'epsilon', 'below')],
      ...[mul('mean', 'rate', 'u1'), div('u1', 'below', 'u2'), mul('p', 'decay', 'p1'), sub('p1', 'u2', 'moved')],
    ];
    const vectors = (names) => names.map((name) => value(name, [size]));
    return model(nodes, vectors(['p', 'g', 'm', 'v']), vectors(['moved', 'mean', 'square']), constants);
  },
  greedy: ({ rows, vocab }) =>
    model(
      [
        node('ArgMax', ['logits'], ['ids'], { axis: 1, keepdims: 0 }),
        // Its LogSoftmax is computed on the host, not on the adapter.
        ...[node('Softmax', ['logits'], ['all'], { axis: 1 }), node('ReduceMax', ['all', 'axis'], ['most'], { keepdims: 0 })],
        node('Log', ['most'], ['logps']),
      ],
      [value('logits', [rows, vocab])],
      [value('ids', [rows], 'int64'), value('logps', [rows])],
      {},
      { axis: [1] },
    ),
};

/** ONNX Runtime. @param ort its module @param device GPUDevice where tensors may stay on the device, else undefined */
async function onnx(ort, device) {
  const lanes = (await globalThis.navigator.gpu.requestAdapter()).info.subgroupMaxSize;
  const types = { Float32Array: 'float32', Int32Array: 'int32' };
  const usage = 0x80 | 0x4 | 0x8; // STORAGE, COPY_SRC, COPY_DST
  return {
    async open({ kind, sizes, inputs }) {
      // Its own attention is wrong where subgroups have 4 or 8 lanes (SwiftShader, lavapipe; version 1.30).
      const graph = GRAPHS[kind === 'attention' && lanes < 16 ? 'attentionParts' : kind](sizes);
      const session = await ort.InferenceSession.create(graph.bytes, {
        executionProviders: ['webgpu'],
        logSeverityLevel: 4,
        // What the adapter does not compute is left out, instead of computed by kernels for the host's processor.
        extra: { session: { disable_cpu_ep_fallback: '1' } },
        preferredOutputLocation: Object.fromEntries(
          graph.outputs.map((name) => [name, name === 'ids' || !device ? 'cpu' : 'gpu-buffer']),
        ),
      });
      const buffers = [];
      const feeds = {};
      const own = { ...inputs };
      if (kind === 'attention') {
        own.last = new Int32Array(sizes.count).fill(sizes.length - 1);
        own.total = Int32Array.of(sizes.length);
        own.pastK = own.pastV = new Float32Array(0);
        own.mask = causal(sizes.length);
      }
      for (const [name, dims] of graph.inputs) {
        const type = types[own[name].constructor.name];
        if (!device || name === 'last' || name === 'total' || own[name].length === 0) {
          feeds[name] = new ort.Tensor(type, own[name], dims);
          continue;
        }
        const buffer = device.createBuffer({ size: Math.ceil(own[name].byteLength / 16) * 16, usage });
        device.queue.writeBuffer(buffer, 0, own[name]);
        buffers.push(buffer);
        feeds[name] = ort.Tensor.fromGpuBuffer(buffer, { dataType: type, dims });
      }
      const dispose = (results) => Object.values(results).forEach((tensor) => tensor.dispose());
      return {
        async outputs() {
          const results = await session.run(feeds);
          const names = kind === 'attention' ? ['o'] : graph.outputs;
          const found = await Promise.all(names.map((name) => results[name].getData()));
          const copies = found.map((data) => Float64Array.from(data, Number));
          dispose(results);
          return copies;
        },
        async repeat(times) {
          for (let i = 0; i < times; i++) dispose(await session.run(feeds));
          await device?.queue.onSubmittedWorkDone();
        },
        free() {
          for (const buffer of buffers) buffer.destroy();
          void session.release();
        },
      };
    },
  };
}

/** ONNX Runtime for the web. Its memory is shared, which Dawn's binding for Node does not take: such data is copied. */
async function onnxWeb() {
  const dist = new URL('./node_modules/onnxruntime-web/dist/', import.meta.url).href;
  const ort = await import(`${dist}ort.webgpu.min.mjs`);
  Object.assign(ort.env.wasm, { numThreads: 1, wasmPaths: dist });
  const proto = globalThis.GPUQueue?.prototype;
  const plain = proto?.writeBuffer;
  if (plain)
    proto.writeBuffer = function (buffer, offset, data, from = 0, size = undefined) {
      const bytes = ArrayBuffer.isView(data) ? data : new Uint8Array(data);
      if (typeof SharedArrayBuffer === 'undefined' || !(bytes.buffer instanceof SharedArrayBuffer))
        return size === undefined
          ? plain.call(this, buffer, offset, data, from)
          : plain.call(this, buffer, offset, data, from, size);
      const end = size === undefined ? undefined : from + size;
      return plain.call(this, buffer, offset, bytes.slice(from, end));
    };
  // The device is made with the first session.
  await ort.InferenceSession.create(GRAPHS.matmul({ m: 1, n: 1, k: 1 }).bytes, { executionProviders: ['webgpu'] });
  return onnx(ort, await ort.env.webgpu.device);
}

/** ONNX Runtime for Node, with a WebGPU of its own; tensors come from the host and go back to it. */
async function onnxNode() {
  const { default: ort } = await import('onnxruntime-node');
  if (!ort.listSupportedBackends().some(({ name }) => name === 'webgpu')) throw new Error('it has no WebGPU here');
  return onnx(ort, undefined);
}

/** Starts the peers. */
export async function openPeers() {
  const peers = [];
  const leftOut = [
    {
      peer: 'transformers.js',
      why: 'it has no kernels of its own, it runs those of ONNX Runtime (run.mjs onnx sets whole models side by side)',
    },
  ];
  for (const [name, start] of Object.entries({ 'jax-js': jax, tfjs, 'onnxruntime-web': onnxWeb, 'onnxruntime-node': onnxNode })) {
    try {
      peers.push({ name, ...(await start()) });
    } catch (error) {
      leftOut.push({ peer: name, why: String(error?.message ?? error).split('\n')[0] });
    }
  }
  return { peers, leftOut };
}
