/** Cost of one operation, for rates and rooflines. */
export interface OpCost {
  readonly flops: number;
  /** Bytes of all operands read once and the result written once. */
  readonly bytes: number;
}
