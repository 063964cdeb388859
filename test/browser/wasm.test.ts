import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'puppeteer';
import { afterAll, describe, expect, it } from 'vitest';
import { startChromium } from '../support/chromium.js';
import { serveSite } from '../support/page.js';

const root = path.resolve(import.meta.dirname, '../..');
const browser: Browser | string = await startChromium('dist/index.js');
const reason = typeof browser === 'string' ? browser : undefined;

afterAll(async () => {
  if (typeof browser !== 'string') await browser.close();
});

/** What a training leaves: the device, and a digest of the trained weights and of the metrics. */
interface Trained {
  readonly device: string;
  readonly threads: number;
  readonly isolated: boolean;
  readonly longestPause: number;
  readonly digest: string;
}

/** Text of a function of the package: two MGRPO steps of a small model on WebAssembly. The same text runs in Node and in pages. */
const TRAIN = `async (m) => {
  const device = await m.openWasm({ threads: globalThis.process || globalThis.crossOriginIsolated ? 2 : undefined });
  const { files, vocabSize, eosTokenId } = m.charTokenizer(['Wait, let me double-check that.']);
  const config = m.parseModelConfig({ architectures: ['LlamaForCausalLM'], model_type: 'llama', vocab_size: vocabSize, hidden_size: 32,
    intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2, max_position_embeddings: 256,
    rms_norm_eps: 1e-5, hidden_act: 'silu', tie_word_embeddings: true, eos_token_id: eosTokenId, rope_theta: 10000 });
  const policy = await m.createPolicy(device, { name: 'page', config, tokenizerFiles: files, seed: 1 });
  const digits = m.named('digits', ({ completions }) => completions.map((t) => (t.match(/[0-9]/g) ?? []).length / Math.max(t.length, 1)));
  const data = [];
  const add = (bytes) => { for (const byte of bytes) data.push(byte); };
  const trainer = new m.MGRPOTrainer({ policy, rewardFuncs: [digits], trainDataset: m.arithmetic('small').rows('train', 8, 1),
    onEvent: (e) => { if (e.type === 'step') add(new Uint8Array(Float64Array.of(e.metrics.loss, e.metrics.grad_norm, e.metrics.reward).buffer)); },
    args: { numGenerations: 4, perDeviceTrainBatchSize: 16, gradientAccumulationSteps: 1, maxCompletionLength: 24, maxSteps: 2, learningRate: 1e-2,
      lrSchedulerType: 'constant', layer2: { numGenerations: 2, selection: 'none', phrases: ['Wait, let me double-check that.'] } } });
  let [last, longestPause] = [performance.now(), 0];
  const timer = setInterval(() => { const now = performance.now(); longestPause = Math.max(longestPause, now - last); last = now; }, 5);
  await trainer.train();
  clearInterval(timer);
  for (const { value } of policy.decoder.trained) {
    const [weights] = await device.read(value);
    add(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength));
  }
  const description = device.info.description;
  const threads = device.queue.threads;
  await device.destroy();
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(data)));
  return { device: description, threads, isolated: globalThis.crossOriginIsolated === true, longestPause,
    digest: Array.from(hash, (b) => b.toString(16).padStart(2, '0')).join('') };
}`;

/** Trains in a page of a site with the given headers. */
async function inPage(headers: Readonly<Record<string, string>>): Promise<Trained> {
  const site = await serveSite(headers);
  try {
    const page = await (browser as Browser).newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto(site.url);
    const trained = (await page.evaluate(`import('/dist/index.js').then(${TRAIN})`)) as Trained;
    expect(errors).toEqual([]);
    await page.close();
    return trained;
  } finally {
    site.close();
  }
}

describe.skipIf(reason)(`WebAssembly in a page${reason ? ` (skipped: ${reason})` : ''}`, () => {
  it('trains to the bytes that Node gets: on threads where the page is isolated, else on one', { timeout: 300_000 }, async () => {
    const module = (await import(pathToFileURL(path.join(root, 'dist/node.js')).href)) as object;
    const node = await (new Function(`return ${TRAIN}`)() as (m: object) => Promise<Trained>)(module);
    expect(node.threads).toBe(2);
    const isolated = await inPage({
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    });
    expect(isolated).toMatchObject({ isolated: true, threads: 2, device: 'WebAssembly, 2 threads', digest: node.digest });
    const plain = await inPage({});
    expect(plain).toMatchObject({ isolated: false, threads: 1, digest: node.digest });
    expect(plain.device).toMatch(/^WebAssembly, 1 thread: this page is not cross-origin isolated/);
    process.stdout.write(
      `  longest pause of the page: ${isolated.longestPause.toFixed(0)} ms on threads, ${plain.longestPause.toFixed(0)} ms on its own\n`,
    );
  });
});
