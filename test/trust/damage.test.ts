import { beforeAll, describe, expect, it } from 'vitest';
import { MemoryFiles } from '../../src/platform/files.js';
import { latestCheckpoint } from '../../src/run/checkpoints.js';
import { damages } from '../support/damage.js';
import { trainIn } from '../support/folder-run.js';

const STEPS = 5;
const copy = (files: MemoryFiles): MemoryFiles => new MemoryFiles('run', Object.fromEntries(files.files));

describe('a run whose folder was damaged', () => {
  let whole: string;
  /** As it lies there when a run was killed in step 5. */
  const killed = new MemoryFiles('run');
  beforeAll(async () => {
    whole = (await trainIn(new MemoryFiles('run'), false, STEPS)).weights;
    await trainIn(killed, false, STEPS, 4);
    await killed.remove('model');
  });

  it('goes on to the same bytes where nothing was damaged', async () => {
    const files = copy(killed);
    expect(await trainIn(files, true, STEPS)).toEqual({ weights: whole, notes: [], from: 4 });
    expect((await files.readText('steps.jsonl')).trim().split('\n')).toHaveLength(5);
  });

  it.each(damages('model.safetensors', 'config.json').map((damage) => [damage.name, damage] as const))(
    'goes on to the same bytes: %s',
    async (_, { harm, from, says }) => {
      const files = copy(killed);
      await harm(files);
      const done = await trainIn(files, true, STEPS);
      expect(done.from).toBe(from);
      expect(done.weights === whole).toBe(true);
      if (says) expect(done.notes.join('\n')).toMatch(says);
      else expect(done.notes).toEqual([]);
    },
  );

  it('is refused with the reasons where no checkpoint is sound', async () => {
    const files = copy(killed);
    for (const step of [2, 4]) await files.write(`checkpoints/step-${step}/trainer_state.json`, '{}');
    await expect(latestCheckpoint(files)).rejects.toThrow(/got none:\n {2}- run\/checkpoints\/step-4.*\n {2}- .*step-2/);
  });

  it('lengthened after its end has the bytes of one that was as long from the start', async () => {
    const files = new MemoryFiles('run');
    await trainIn(files, false, 3);
    expect(await latestCheckpoint(files)).toMatchObject({ step: 3 });
    expect(await trainIn(files, true, STEPS)).toMatchObject({ weights: whole, from: 3 });
    expect((await latestCheckpoint(files))!.step).toBe(5);
  });
});
