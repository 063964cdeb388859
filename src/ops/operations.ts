// The table of all operations: what a device must be able to do.
import { adamW, gradNorm } from './adamw.js';
import { attention, attentionBackward, decodeAttention, stepAttention } from './attention.js';
import { add, gatherRows, scale, scatterRowsAdd } from './elementwise.js';
import { embed, embedBackward } from './embedding.js';
import { glu, gluBackward } from './glu.js';
import { headBackward, headForward, headLogits, rowStats } from './head.js';
import { kvStore } from './kv.js';
import { gatedLinear, linear } from './linear.js';
import { columnSum, matmulNN, matmulNT, matmulTN } from './matmul.js';
import { rmsNorm, rmsNormBackward } from './norm.js';
import type { ArgsOf } from './operation.js';
import { rope } from './rope.js';
import { advance, sample } from './sampling.js';

/** What a device must be able to do, by name. */
export interface Operations {
  readonly matmulNT: typeof matmulNT;
  readonly matmulNN: typeof matmulNN;
  readonly matmulTN: typeof matmulTN;
  readonly columnSum: typeof columnSum;
  readonly linear: typeof linear;
  readonly gatedLinear: typeof gatedLinear;
  readonly attention: typeof attention;
  readonly attentionBackward: typeof attentionBackward;
  readonly decodeAttention: typeof decodeAttention;
  readonly stepAttention: typeof stepAttention;
  readonly kvStore: typeof kvStore;
  readonly rmsNorm: typeof rmsNorm;
  readonly rmsNormBackward: typeof rmsNormBackward;
  readonly glu: typeof glu;
  readonly gluBackward: typeof gluBackward;
  readonly rope: typeof rope;
  readonly embed: typeof embed;
  readonly embedBackward: typeof embedBackward;
  readonly rowStats: typeof rowStats;
  readonly headLogits: typeof headLogits;
  readonly headForward: typeof headForward;
  readonly headBackward: typeof headBackward;
  readonly sample: typeof sample;
  readonly advance: typeof advance;
  readonly gradNorm: typeof gradNorm;
  readonly adamW: typeof adamW;
  readonly add: typeof add;
  readonly scale: typeof scale;
  readonly gatherRows: typeof gatherRows;
  readonly scatterRowsAdd: typeof scatterRowsAdd;
}

/** All operations. */
export const OPERATIONS: Operations = {
  matmulNT,
  matmulNN,
  matmulTN,
  columnSum,
  linear,
  gatedLinear,
  attention,
  attentionBackward,
  decodeAttention,
  stepAttention,
  kvStore,
  rmsNorm,
  rmsNormBackward,
  glu,
  gluBackward,
  rope,
  embed,
  embedBackward,
  rowStats,
  headLogits,
  headForward,
  headBackward,
  sample,
  advance,
  gradNorm,
  adamW,
  add,
  scale,
  gatherRows,
  scatterRowsAdd,
};

/** Name of an operation. */
export type OperationName = keyof Operations;

/** How one kind of device computes every operation: a function per operation, given its recorder and checked arguments. */
export type Executor<R> = {
  readonly [N in OperationName]: (rec: R, args: ArgsOf<Operations[N]>) => void;
};
