import type { Browser } from 'puppeteer';
import { afterAll, describe, expect, it } from 'vitest';
import { startChromium } from '../support/chromium.js';
import { serveSite } from '../support/page.js';

const browser: Browser | string = await startChromium('dist/index.js');
const reason = typeof browser === 'string' ? browser : undefined;

afterAll(async () => {
  if (typeof browser !== 'string') await browser.close();
});

describe.skipIf(reason)(`the browser bundle${reason ? ` (skipped: ${reason})` : ''}`, () => {
  it('trains with MGRPO in a page: WebGPU of the browser, no Node module', { timeout: 300_000 }, async () => {
    const site = await serveSite();
    try {
      const page = await (browser as Browser).newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      await page.goto(site.url);
      const result = (await page.evaluate(`(async () => {
        const m = await import('/dist/index.js');
        const adapter = await m.browserGpu().requestAdapter();
        const gpu = await m.openAdapter(adapter);
        const { files, vocabSize, eosTokenId } = m.charTokenizer(['Wait, let me double-check that.']);
        const config = m.parseModelConfig({ architectures: ['LlamaForCausalLM'], model_type: 'llama', vocab_size: vocabSize, hidden_size: 32,
          intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2, max_position_embeddings: 256,
          rms_norm_eps: 1e-5, hidden_act: 'silu', tie_word_embeddings: true, eos_token_id: eosTokenId, rope_theta: 10000 });
        const policy = await m.createPolicy(gpu, { name: 'page', config, tokenizerFiles: files, seed: 1 });
        const digits = m.named('digits', ({ completions }) => completions.map((t) => (t.match(/[0-9]/g) ?? []).length / Math.max(t.length, 1)));
        const steps = [];
        const trainer = new m.MGRPOTrainer({ policy, rewardFuncs: [digits], trainDataset: m.arithmetic('small').rows('train', 8, 1),
          onEvent: (e) => { if (e.type === 'step') steps.push(e.metrics); },
          args: { numGenerations: 4, perDeviceTrainBatchSize: 16, gradientAccumulationSteps: 1, maxCompletionLength: 8, maxSteps: 2, learningRate: 1e-2,
            lrSchedulerType: 'constant', layer2: { numGenerations: 2, selection: 'none', phrases: ['Wait, let me double-check that.'] } } });
        const { reason } = await trainer.train();
        const bindings = gpu.device.limits.maxStorageBuffersPerShaderStage;
        await gpu.destroy();
        return { reason, steps, bindings };
      })()`)) as { reason: string; steps: Record<string, number>[]; bindings: number };
      expect(errors).toEqual([]);
      expect(result.reason).toBe('done');
      expect(result.steps).toHaveLength(2);
      for (const step of result.steps) {
        expect(Number.isFinite(step['loss'])).toBe(true);
        expect(step['grad_norm']).toBeGreaterThan(0);
        expect(step['sampling/sampling_logp_difference/max']).toBeLessThan(1e-4);
      }
      process.stdout.write(
        `  Chromium: ${result.bindings} storage buffers a stage, rewards ${result.steps.map((s) => s['reward']!.toFixed(3)).join(', ')}\n`,
      );
    } finally {
      site.close();
    }
  });

  it('keeps what was measured on its GPU in the private file system, and adds to it', { timeout: 120_000 }, async () => {
    const site = await serveSite();
    try {
      const page = await (browser as Browser).newPage();
      await page.goto(site.url);
      const result = (await page.evaluate(`(async () => {
        const m = await import('/dist/index.js');
        const gpu = await m.openAdapter(await m.browserGpu().requestAdapter(), { kind: 'gpu' });
        const first = await m.keepTiles(gpu, { tiles: { 'NT f32 4x64x64': 'tile 4x4' } });
        const second = await m.keepTiles(gpu, { tiles: { 'NT f32 64x64x64': 'rows 4x2' } });
        await gpu.destroy();
        const wasm = await m.openWasm();
        const refused = await m.keepTiles(wasm, { tiles: {} }).catch((error) => error.message);
        await wasm.destroy();
        const files = new m.OpfsFiles('mgrpo');
        const names = (await files.list()).filter((name) => name.startsWith('tiles-'));
        return { first, second, names, kept: JSON.parse(await files.readText(names[0])), refused };
      })()`)) as { first: string; second: string; names: string[]; kept: { schema: string; tiles: object }; refused: string };
      expect([result.first, result.second]).toEqual([`opfs:/mgrpo/${result.names[0]}`, result.first]);
      expect(result.names).toHaveLength(1);
      expect(result.kept).toMatchObject({
        schema: 'mgrpo-tiles/1',
        tiles: { 'NT f32 4x64x64': 'tile 4x4', 'NT f32 64x64x64': 'rows 4x2' },
      });
      expect(result.refused).toContain('keepTiles: expected the GPU that was measured, got WebAssembly');
    } finally {
      site.close();
    }
  });
});
