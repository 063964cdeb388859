// wgpu, the WebGPU of Firefox and Deno, takes the shaders: made by Deno, which npm brings, on the SwiftShader that npm brings too where there is one.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sourceFiles } from '../../scripts/duplicates.mjs';
import { reasonOf } from '../../src/errors.js';
import { carriedSwiftShader } from '../../src/platform/webgpu-node.js';
import { recordPipelines, type Pipeline } from '../support/pipelines.js';

const root = path.resolve(import.meta.dirname, '../..');
const deno = path.join(root, 'node_modules/.bin/deno');
/** Whether all pipelines are made, some minutes, or as many as have all lines of the shaders in them. */
const EVERY = process.env['MGRPO_EVERY_PIPELINE'] !== undefined;
/** Kernels for subgroups and their matrices, which wgpu has not. */
const OF_SUBGROUPS = /_(quads|wide|matrix)$/;

/** What the program in Deno found. */
interface Found {
  readonly adapter: string | null;
  readonly failures: readonly { readonly entryPoint: string; readonly why: string }[];
  readonly steps: readonly Readonly<Record<string, number>>[];
}

/** Pipelines that each have a line of text, whatever the numbers in it, that no one before has. */
function withNewLines(pipelines: readonly Pipeline[]): Pipeline[] {
  const seen = new Set<string>();
  return pipelines.filter(({ entryPoint, code }) => {
    const before = seen.size;
    for (const line of code.replaceAll(/\d+/g, '0').split('\n')) seen.add(`${entryPoint} ${line}`);
    return seen.size > before;
  });
}

/** Environment in which Deno finds the carried SwiftShader; nothing where there is none. */
function adapterEnv(): Record<string, string> {
  const folder = process.platform === 'linux' ? carriedSwiftShader([]) : undefined;
  return folder ? { LD_LIBRARY_PATH: folder, VK_DRIVER_FILES: path.join(folder, 'vk_swiftshader_icd.json') } : {};
}

/** Why Deno cannot run here; npm brings it for most systems. With MGRPO_REQUIRE_GPU set, that is a failure. */
const withoutDeno = ((): string | undefined => {
  try {
    execFileSync(deno, ['--version'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
})();
if (withoutDeno !== undefined) {
  if (process.env['MGRPO_REQUIRE_GPU']) throw new Error(`MGRPO_REQUIRE_GPU is set and Deno does not run: ${withoutDeno}`);
  console.log(`wgpu: skipped, Deno does not run: ${withoutDeno}`);
}

let pipelines: Pipeline[];
beforeAll(async () => {
  pipelines = (await Promise.all((['gpu', 'software'] as const).map(recordPipelines))).flat();
});

it('the pipelines that are recorded are of all kernels that need no subgroups', () => {
  const text = sourceFiles(['shaders'], /\.wgsl$/).map((file) => readFileSync(file, 'utf8'));
  const entries = text.flatMap((wgsl) => [...wgsl.matchAll(/@compute[^{]*?fn (\w+)/g)].map(([, name]) => name!));
  expect([...new Set(pipelines.map(({ entryPoint }) => entryPoint))].toSorted()).toEqual(
    entries.filter((name) => !OF_SUBGROUPS.test(name)).toSorted(),
  );
});

describe.skipIf(withoutDeno)('in Deno', () => {
  it('wgpu makes every pipeline, and two MGRPO steps of the built-in model are trained on it', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'mgrpo-wgpu-'));
    try {
      const file = path.join(folder, 'pipelines.json');
      const chosen = EVERY ? pipelines : withNewLines(pipelines);
      writeFileSync(file, JSON.stringify(chosen));
      const words = ['run', '--allow-all', '--unstable-webgpu', path.join(root, 'scripts/hosts/wgpu.mjs'), file];
      const env = { ...process.env, ...adapterEnv(), DENO_NO_UPDATE_CHECK: '1' };
      const out = execFileSync(deno, words, { cwd: root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
      const { adapter, failures, steps } = JSON.parse(out.trim().split('\n').at(-1)!) as Found;
      if (adapter === null && !process.env['MGRPO_REQUIRE_GPU']) {
        console.log('wgpu: skipped, Deno finds no adapter');
        return;
      }
      expect(adapter).toBeTruthy();
      expect(failures).toEqual([]);
      expect(steps).toHaveLength(2);
      for (const { loss, grad_norm } of steps) {
        expect(loss).toSatisfy(Number.isFinite);
        expect(grad_norm).toBeGreaterThan(0);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 1_800_000);
});
