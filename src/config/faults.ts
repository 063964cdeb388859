// What a training does where its numbers go wrong.
export const FAULT_OPTIONS = {
  divergedUpdates: {
    section: 'run',
    type: 'choice',
    choices: ['stop', 'skip'],
    default: 'stop',
    doc: 'Where a loss or gradient is not finite, which is found before the weights are changed: stop, or leave that update out and go on. Ours.',
  },
  detectAnomaly: {
    section: 'run',
    type: 'boolean',
    default: false,
    doc: 'Repeat an update that is not finite, operation by operation, and name the first one that gave such a number (as torch’s anomaly mode). Ours.',
  },
} as const;
