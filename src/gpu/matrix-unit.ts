// The matrix units of a GPU, which WebGPU calls subgroup matrices: an experimental feature that Dawn and Chrome offer when they are asked for it.
import { SIZE_CONTROL, type AdapterSummary } from './adapter.js';

/** One product of a unit: [m, k] · [k, n] in f16 with sums in f32, by a subgroup of so many lanes. */
export interface MatrixUnit {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly lanes: (typeof LANES)[number];
}

/** The feature. */
const SUBGROUP_MATRIX = 'chromium-experimental-subgroup-matrix';
/** Features of WebGPU that kernels for matrix units need. */
export const UNIT_FEATURES: readonly string[] = ['shader-f16', 'subgroups', SUBGROUP_MATRIX];

/** Sizes that the tiles of shaders/matmul-matrix.wgsl can be made of. */
const SIDES = [8, 16];
const LANES = [8, 16, 32, 64] as const;
/** Where neither the device nor a kernel says how large subgroups are. */
const KNOWN_LANES: Readonly<Record<string, number>> = { apple: 32 };

/** The largest unit of an adapter that kernels can use, or undefined. */
export function matrixUnitOf(adapter: AdapterSummary): MatrixUnit | undefined {
  const { features, vendor, subgroupMinSize: least, subgroupMaxSize: most } = adapter;
  if (!UNIT_FEATURES.every((name) => features.includes(name))) return undefined;
  const lanes = least === most || features.includes(SIZE_CONTROL) ? least : (KNOWN_LANES[vendor] ?? 0);
  const sizeOf = ({ m, n, k }: Omit<MatrixUnit, 'lanes'>): number => m * n * k;
  const [largest] = adapter.matrixProducts
    .filter(({ m, n, k }) => SIDES.includes(m) && SIDES.includes(n) && SIDES.includes(k))
    .sort((a, b) => sizeOf(b) - sizeOf(a));
  const known = LANES.find((count) => count === lanes);
  return largest && known && { ...largest, lanes: known };
}
