import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { generate } from '../../src/sampling/generate.js';
import { loadDecoder } from '../../src/formats/load.js';
import { Safetensors } from '../../src/formats/safetensors.js';
import { pack } from '../../src/nn/batch.js';
import { NodeFiles } from '../../src/platform/node-files.js';
import { accumulateNll } from '../../src/train/sft-trainer.js';
import { concatenate, scoreSequences } from '../../src/train/update.js';
import { difference } from '../support/compare.js';
import { testDevice } from '../support/device.js';

const golden = path.resolve(process.env['MGRPO_GOLDEN_DIR'] ?? '../shared/golden', 'smollm2');
const unpack = path.resolve('../shared/tools/unpack-smollm2.mjs');
const reason = !existsSync(golden) ? `no ${golden}` : !existsSync(unpack) ? `no ${unpack} to make the weights with` : undefined;

interface Case {
  readonly greedy: readonly { readonly ids: number[]; readonly completion: number[] }[];
  readonly scored: readonly { readonly prompt: number[]; readonly completion: number[] }[];
  readonly expected: { readonly loss: number; readonly gradNorm: Record<string, number> };
}

/** The Hugging Face folder of SmolLM2-135M-Instruct, made once for all runs on this machine. */
function modelFolder(shards: number): string {
  const folder = path.join(os.tmpdir(), `mgrpo-smollm2-${shards}`);
  execFileSync(process.execPath, [unpack, folder, '--shards', String(shards)]);
  return folder;
}

const print = (line: string): boolean => process.stdout.write(`  smollm2: ${line}\n`);

describe.skipIf(reason)(`SmolLM2-135M-Instruct${reason ? ` (skipped: ${reason})` : ''}`, () => {
  const json = JSON.parse(existsSync(golden) ? readFileSync(path.join(golden, 'case.json'), 'utf8') : '{}') as Case;
  const sequences = (json.scored ?? []).map(({ prompt, completion }) => ({ promptIds: prompt, completionIds: completion }));

  it('in shards and bf16: greedy ids, logits, and sampled log-probs equal to trained ones', { timeout: 600_000 }, async () => {
    const expected = await Safetensors.open(new NodeFiles(golden), 'expected.safetensors');
    const device = await testDevice();
    const decoder = await loadDecoder(device, new NodeFiles(modelFolder(3)));
    const out = await generate(
      decoder,
      json.greedy.map(({ ids }) => ({ prompt: ids, streams: [0] })),
      {
        temperature: 0,
        maxCompletionLength: Math.max(...json.greedy.map((g) => g.completion.length)),
        eosIds: new Set([2]),
        seed: 0,
      },
    );
    // The reference is cut before its first near tie.
    out.forEach(({ ids }, i) => expect([...ids].slice(0, json.greedy[i]!.completion.length)).toEqual(json.greedy[i]!.completion));

    const { promptIds, completionIds } = sequences[0]!;
    const batch = pack([[...promptIds, ...completionIds]], decoder.config.vocabSize);
    const recorder = device.recorder();
    const state = decoder.forward(recorder, batch);
    const logits = decoder.logits(recorder, state, Uint32Array.of(batch.length - 1));
    recorder.submit();
    const logitError = difference((await device.read(logits))[0], await expected.readF32('logits')).relativeNorm;
    state.release();

    const prompt = json.greedy[0]!.ids;
    const samples = await generate(decoder, [{ prompt, streams: [1, 2, 3, 4] }], {
      temperature: 0.8,
      maxCompletionLength: 24,
      eosIds: new Set([2]),
      seed: 3,
    });
    const trained = await scoreSequences(
      decoder,
      samples.map(({ ids }) => ({ promptIds: prompt, completionIds: ids })),
      0.8,
    );
    const engine = difference(trained, concatenate(samples.map(({ logps }) => logps))).maxAbs;
    print(
      `greedy ids equal (${out.length} prompts), logits ${logitError.toExponential(1)}, sampled against trained log-probs ${engine.toExponential(1)}`,
    );
    decoder.free();
    device.freeScratch();
    expect(logitError).toBeLessThan(1e-4);
    expect(engine).toBeLessThan(1e-4);
  });

  it('in one file and f32: log-probs and the gradient of every parameter', { timeout: 900_000 }, async () => {
    const expected = await Safetensors.open(new NodeFiles(golden), 'expected.safetensors');
    const device = await testDevice();
    const decoder = await loadDecoder(device, new NodeFiles(modelFolder(1)), { train: 'full' });
    const tokens = sequences.reduce((n, s) => n + s.completionIds.length, 0);
    let loss = 0;
    const logps: Float32Array[] = [];
    for (const sequence of sequences) {
      const part = await accumulateNll(decoder, [sequence], tokens);
      loss += part.loss;
      logps.push(part.logps);
    }
    const logpError = difference(concatenate(logps), await expected.readF32('logps')).maxAbs;
    let [worstNorm, worstHead] = [0, 0];
    for (const { name, gradient } of decoder.parameters) {
      const [actual] = await device.read(gradient!);
      const norm = Math.sqrt(actual.reduce((sum, g) => sum + g * g, 0));
      worstNorm = Math.max(worstNorm, Math.abs(norm / json.expected.gradNorm[name]! - 1));
      const head = await expected.readF32(`grad_head.${name}`);
      worstHead = Math.max(worstHead, difference(actual.subarray(0, head.length), head).relativeNorm);
    }
    print(
      `loss ${Math.abs(loss - json.expected.loss).toExponential(1)}, log-probs ${logpError.toExponential(1)}, gradient norms ${worstNorm.toExponential(1)}, ` +
        `gradients ${worstHead.toExponential(1)} of ${json.expected.loss.toFixed(4)}; ${Math.round(device.memory.peak / 2 ** 20)} MiB`,
    );
    decoder.free();
    device.freeScratch();
    expect(logpError).toBeLessThan(1e-3);
    expect(worstNorm).toBeLessThan(1e-3);
    expect(worstHead).toBeLessThan(1e-3);
  });
});
