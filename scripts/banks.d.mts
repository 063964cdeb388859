export function clocksOf(wgsl: string): {
  readonly reads: number;
  readonly stores: number;
  readonly products: number;
  readonly share: number;
  readonly idealStores: number;
};
