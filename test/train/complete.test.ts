import { describe, expect, it } from 'vitest';
import { testDevice } from '../support/device.js';
import { randomPolicy } from '../support/policy.js';

const options = { maxCompletionLength: 20, seed: 3, temperature: 1 };

describe('completions', () => {
  it('take texts as they are and chats through the template, and give text with its ids', async () => {
    const policy = await randomPolicy(await testDevice());
    const chat = [{ role: 'user', content: '12+3=' }];
    const [text, messages] = await policy.complete(['12+3=', chat], { ...options, numGenerations: 2 });
    expect([text!.length, messages!.length]).toEqual([2, 2]);
    for (const { text: said, ids, logps, truncated } of [...text!, ...messages!]) {
      const isEnded = policy.eosIds.has(ids.at(-1)!);
      expect(said).toBe(policy.tokenizer.decode(isEnded ? ids.slice(0, -1) : [...ids]));
      expect(truncated).toBe(!isEnded);
      expect(logps).toHaveLength(ids.length);
    }
    expect(text![0]!.ids).not.toEqual(text![1]!.ids);
    expect(text![0]!.ids).not.toEqual(messages![0]!.ids);
  });

  it('are an error where the weights or the temperature give no finite numbers', async () => {
    const policy = await randomPolicy(await testDevice());
    const said = /expected a finite log-probability of a drawn token, got NaN; the weights are damaged, or the temperature/;
    await expect(policy.complete(['1+1='], { ...options, temperature: 1e-40 })).rejects.toThrow(said);
    const { value } = policy.decoder.parameters.get('model.norm.weight');
    policy.decoder.device.write(value, Float32Array.of(NaN));
    await expect(policy.complete(['1+1='], options)).rejects.toThrow(said);
    await expect(policy.complete(['1+1='], { ...options, temperature: 0 })).rejects.toThrow(said);
  });

  it('tell their text in pieces that add up to it', async () => {
    const policy = await randomPolicy(await testDevice());
    const told = new Map<number, string>();
    const whole = await policy.complete(['1+1=', '2+2='], {
      ...options,
      maxCompletionLength: 40,
      numGenerations: 2,
      onText: (piece, sample) => told.set(sample, (told.get(sample) ?? '') + piece),
    });
    expect([0, 1, 2, 3].map((sample) => told.get(sample) ?? '')).toEqual(whole.flat().map(({ text }) => text));
  });

  it('stream one prompt, and stop sampling where the reader stops', async () => {
    const policy = await randomPolicy(await testDevice());
    const long = { ...options, maxCompletionLength: 100 };
    const whole = (await policy.complete(['7*8='], long))[0]![0]!;
    const pieces: string[] = [];
    for await (const piece of policy.stream('7*8=', long)) pieces.push(piece);
    expect(pieces.join('')).toBe(whole.text);
    for await (const piece of policy.stream('7*8=', long)) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    await expect(policy.stream('7*8=', { ...long, topP: 2 }).next()).rejects.toThrow(/topP/);
  });

  it('are freed by await using', async () => {
    const gpu = await testDevice();
    const before = gpu.memory.allocated;
    {
      await using policy = await randomPolicy(gpu);
      expect(gpu.memory.allocated).toBeGreaterThan(before);
      expect((await policy.complete(['1'], { maxCompletionLength: 2 })).length).toBe(1);
    }
    expect(gpu.memory.allocated).toBeLessThan(before + 2 ** 20);
  });

  it('refuse prompts and options that cannot be meant', async () => {
    const policy = await randomPolicy(await testDevice());
    await expect(policy.complete('1+1=' as never)).rejects.toThrow(/put a single prompt into \[\]/);
    await expect(policy.complete([{ role: 'user', content: 'x' }] as never)).rejects.toThrow(
      /list of texts or of lists of messages/,
    );
    await expect(policy.complete(['x'], { numSamples: 2 } as never)).rejects.toThrow(/unknown option numSamples/);
  });
});
