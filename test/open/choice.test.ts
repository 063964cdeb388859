import { describe, expect, it } from 'vitest';
import { chooseDevice, DEVICE_OPTIONS, type DeviceSettings, type Machine } from '../../src/open/choice.js';
import { takeOptions } from '../../src/options/border.js';
import { parseAdapters, pickAdapter, type AdapterChoice, type ListedAdapter } from '../../src/platform/adapter-list.js';

/** What Dawn says about an adapter that there is not. */
const MESSAGE = `no suitable backends found
Available adapters:
 * backend: 'vulkan', name: 'NVIDIA L4'
 * backend: 'vulkan', name: 'NVIDIA L4'
 * backend: 'vulkan', name: 'SwiftShader Device (Subzero)'
 * backend: 'opengl', name: 'NVIDIA L4/PCIe's own'
`;
const list: readonly ListedAdapter[] = [
  { backend: 'vulkan', name: 'NVIDIA L4' },
  { backend: 'vulkan', name: 'NVIDIA L4' },
  { backend: 'vulkan', name: 'SwiftShader Device (Subzero)' },
  { backend: 'opengl', name: "NVIDIA L4/PCIe's own" },
];
const any: AdapterChoice = { adapterName: null, backend: null, gpu: null };

describe('the list of adapters', () => {
  it("is that of Dawn's message", () => {
    expect(parseAdapters(MESSAGE)).toEqual(list);
    expect(parseAdapters('no suitable backends found')).toEqual([]);
  });

  it.each<[Partial<AdapterChoice>, number]>([
    [{ adapterName: 'swiftshader' }, 2],
    [{ backend: 'opengl' }, 3],
    [{ gpu: 2 }, 2],
    [{ gpu: 0, adapterName: 'L4', backend: 'vulkan' }, 0],
    [{ adapterName: 'l4' }, 0],
  ])('has for %j number %i', (choice, number) => {
    expect(pickAdapter(list, { ...any, ...choice })).toBe(list[number]);
  });

  it('names what there is where nothing fits, and twins that cannot be told apart', () => {
    expect(pickAdapter(list.slice(1, 3), { ...any, adapterName: 'arc', backend: 'metal' })).toBe(
      'there is not an adapter named "arc" of metal among the adapters here: ' +
        '0 vulkan "NVIDIA L4", 1 vulkan "SwiftShader Device (Subzero)"',
    );
    expect(pickAdapter([], { ...any, gpu: 0 })).toBe('there is not an adapter of number 0 among the adapters here: none');
    expect(pickAdapter(list, { ...any, gpu: 1 })).toMatch(/^adapter 1 cannot be told from adapter 0, which has its name: /);
  });
});

/** A machine that has one adapter, and notes what it was asked for. */
function machine(description: string | null): { machine: Machine; asked: unknown[][] } {
  const asked: unknown[][] = [];
  const adapter = description && {
    info: { vendor: '', architecture: '', device: '', description },
    features: new Set(),
    limits: {},
    requestDevice: () => expect.unreachable('no device is opened'),
  };
  return {
    asked,
    machine: {
      threads: undefined as unknown as Machine['threads'],
      waysOut: 'none.',
      findAdapter(software, which, experiments) {
        asked.push([software, which, experiments]);
        return Promise.resolve({ adapter: adapter as GPUAdapter | null, notes: ['a note'] });
      },
    },
  };
}
const settings = (given: Partial<DeviceSettings>): DeviceSettings => takeOptions('test', DEVICE_OPTIONS, given);

describe('a device that is chosen by its adapter', () => {
  it('is that adapter under auto, a software one too, and never something else', async () => {
    const { machine: one, asked } = machine('SwiftShader driver');
    expect(await chooseDevice(one, settings({ adapterName: 'Swift' }))).toMatchObject({ kind: 'software', why: 'as asked for' });
    expect(asked).toEqual([[true, { ...any, adapterName: 'Swift' }, false]]);
    expect(await chooseDevice(one, settings({}))).toMatchObject({ kind: 'wasm' });
    await expect(chooseDevice(machine(null).machine, settings({ gpu: 1 }))).rejects.toMatchObject({
      code: 'no_adapter',
      message:
        'webgpu: expected an adapter of number 1, found none:\n  - a note\nWays out: the device wasm, which every machine has; none.',
    });
  });

  it('gives experiments where the precision is f16, and nothing that computes in f32 instead', async () => {
    const { machine: one, asked } = machine('SwiftShader driver');
    await expect(chooseDevice(one, settings({ precision: 'f16' }))).rejects.toMatchObject({
      code: 'no_adapter',
      message:
        'webgpu: expected a GPU, for the precision f16, found none:\n  - a note\n  - found a software adapter\n' +
        'Ways out: the precision f32; the device wasm, which every machine has; none.',
    });
    const chosen = await chooseDevice(one, settings({ device: 'software', precision: 'f16' }));
    await expect(chosen.open()).rejects.toThrow(/expected matrix units for the precision f16/);
    expect(asked.map(([, , experiments]) => experiments)).toEqual([true, true]);
    await expect(chooseDevice(one, settings({ device: 'wasm', precision: 'f16' }))).rejects.toThrow(/precision f16 is for GPUs/);
  });

  it('must be of the kind that is asked for', async () => {
    await expect(
      chooseDevice(machine('SwiftShader driver').machine, settings({ device: 'gpu', backend: 'vulkan' })),
    ).rejects.toThrow(/expected an adapter of vulkan, a GPU, found none:\n {2}- a note\n {2}- found a software adapter/);
    await expect(chooseDevice(machine(null).machine, settings({ device: 'wasm', gpu: 0 }))).rejects.toMatchObject({
      code: 'invalid_argument',
    });
  });
});
