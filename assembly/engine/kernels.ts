// The table of operations by code: how each is cut into shares, and what does a share. src/wasm/ knows the same codes.
import { attention, attentionUnits, Attention } from './attention';
import { cachedAttention, CachedAttention, cachedUnits } from './attention-cached';
import { attentionBackward, AttentionBackward } from './attention-backward';
import { add, copy, Elementwise, elementUnits, gatherRows, Rows, rowUnits, scale, scatterRowsAdd } from './elementwise';
import { embed, Embed, embedBackward, EmbedBackward } from './embedding';
import { glu, Glu, gluBackward, gluUnits } from './glu';
import { gradientUnits, matmulGradientInput, matmulGradientWeight } from './gradients';
import { LogitsBackward, logitsBackward, rowStats, RowStats } from './head';
import { KvStore, kvStore } from './kv';
import { matmul, matmulUnits, Product } from './matmul';
import { columnSum, ColumnSum, columnUnits, rmsNorm, RmsNorm, rmsNormBackward, RmsNormBackward } from './norm';
import { Op } from './op';
import { AdamW, adamW, gradNorm, GradNorm, squareSum, SquareSum } from './optimizer';
import { rope, Rope, ropeWidth } from './rope';
import { advance, Advance, sample, Sample } from './sampling';

// prettier-ignore
const enum Code {
  MatmulNT, MatmulNN, MatmulTN, ColumnSum, Attention, AttentionBackward, CachedAttention, KvStore, RmsNorm, RmsNormBackward, Glu,
  GluBackward, Rope, Embed, EmbedBackward, RowStats, LogitsBackward, Sample, Advance, SquareSum, GradNorm, AdamW, Add, Scale, GatherRows,
  ScatterRowsAdd, Copy,
}

/** The number of shares of an operation. Fixed by its shapes. */
export function unitsOf(op: Op): u32 {
  switch (op.code) {
    case Code.MatmulNT:
      return matmulUnits(changetype<Product>(op));
    case Code.MatmulNN:
    case Code.MatmulTN:
      return gradientUnits(changetype<Product>(op));
    case Code.ColumnSum:
      return columnUnits(changetype<ColumnSum>(op));
    case Code.Attention:
    case Code.AttentionBackward:
      return attentionUnits(changetype<Attention>(op));
    case Code.CachedAttention:
      return cachedUnits(changetype<CachedAttention>(op));
    case Code.KvStore:
      return rowUnits(changetype<KvStore>(op).tokens, changetype<KvStore>(op).width);
    case Code.RmsNorm:
      return rowUnits(changetype<RmsNorm>(op).rows, changetype<RmsNorm>(op).width);
    case Code.RmsNormBackward:
      return rowUnits(changetype<RmsNormBackward>(op).rows, changetype<RmsNormBackward>(op).width);
    case Code.Glu:
    case Code.GluBackward:
      return gluUnits(changetype<Glu>(op));
    case Code.Rope:
      return rowUnits(changetype<Rope>(op).tokens, ropeWidth(changetype<Rope>(op)));
    case Code.Embed:
      return rowUnits(changetype<Embed>(op).tokens, changetype<Embed>(op).width);
    case Code.EmbedBackward:
      return rowUnits(changetype<EmbedBackward>(op).unique, changetype<EmbedBackward>(op).width);
    case Code.RowStats:
      return changetype<RowStats>(op).rows;
    case Code.LogitsBackward:
      return changetype<LogitsBackward>(op).rows;
    case Code.Sample:
      return changetype<Sample>(op).rows;
    case Code.SquareSum:
      return elementUnits(changetype<SquareSum>(op).size);
    case Code.AdamW:
      return elementUnits(changetype<AdamW>(op).size);
    case Code.Add:
    case Code.Scale:
      return elementUnits(changetype<Elementwise>(op).size);
    case Code.Copy:
      return elementUnits((changetype<Elementwise>(op).size + 3) / 4);
    case Code.GatherRows:
    case Code.ScatterRowsAdd:
      return rowUnits(changetype<Rows>(op).rows, changetype<Rows>(op).width);
    default:
      return 1;
  }
}

/** Does one share. `scratch` is the thread's own memory. */
export function runUnit(op: Op, unit: u32, scratch: usize): void {
  switch (op.code) {
    case Code.MatmulNT:
      return matmul(changetype<Product>(op), unit, scratch);
    case Code.MatmulNN:
      return matmulGradientInput(changetype<Product>(op), unit, scratch);
    case Code.MatmulTN:
      return matmulGradientWeight(changetype<Product>(op), unit, scratch);
    case Code.ColumnSum:
      return columnSum(changetype<ColumnSum>(op), unit);
    case Code.Attention:
      return attention(changetype<Attention>(op), unit, scratch);
    case Code.AttentionBackward:
      return attentionBackward(changetype<AttentionBackward>(op), unit, scratch);
    case Code.CachedAttention:
      return cachedAttention(changetype<CachedAttention>(op), unit, scratch);
    case Code.KvStore:
      return kvStore(changetype<KvStore>(op), unit);
    case Code.RmsNorm:
      return rmsNorm(changetype<RmsNorm>(op), unit, scratch);
    case Code.RmsNormBackward:
      return rmsNormBackward(changetype<RmsNormBackward>(op), unit, scratch);
    case Code.Glu:
      return glu(changetype<Glu>(op), unit);
    case Code.GluBackward:
      return gluBackward(changetype<Glu>(op), unit);
    case Code.Rope:
      return rope(changetype<Rope>(op), unit);
    case Code.Embed:
      return embed(changetype<Embed>(op), unit);
    case Code.EmbedBackward:
      return embedBackward(changetype<EmbedBackward>(op), unit);
    case Code.RowStats:
      return rowStats(changetype<RowStats>(op), unit);
    case Code.LogitsBackward:
      return logitsBackward(changetype<LogitsBackward>(op), unit);
    case Code.Sample:
      return sample(changetype<Sample>(op), unit, scratch);
    case Code.Advance:
      return advance(changetype<Advance>(op));
    case Code.SquareSum:
      return squareSum(changetype<SquareSum>(op), unit);
    case Code.GradNorm:
      return gradNorm(changetype<GradNorm>(op));
    case Code.AdamW:
      return adamW(changetype<AdamW>(op), unit);
    case Code.Add:
      return add(changetype<Elementwise>(op), unit);
    case Code.Scale:
      return scale(changetype<Elementwise>(op), unit);
    case Code.GatherRows:
      return gatherRows(changetype<Rows>(op), unit);
    case Code.ScatterRowsAdd:
      return scatterRowsAdd(changetype<Rows>(op), unit);
    case Code.Copy:
      return copy(changetype<Elementwise>(op), unit);
  }
}
