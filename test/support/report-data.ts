import type { ReportData } from '../../src/report/data.js';
import type { CompletionRecord } from '../../src/train/events.js';

const interval = (value: number, half: number, n = 200) => ({ value, ci95: [value - half, value + half] as const, n });

/** A run of made-up numbers with everything that a report shows, texts that must be escaped among them. */
export function reportData(): ReportData {
  const steps = Array.from({ length: 20 }, (_, i) => {
    const t = i / 19;
    const wave = 0.03 * Math.sin(i * 1.7);
    return {
      step: i + 1,
      metrics: {
        reward: 0.42 + 0.4 * t + wave,
        'layer2/reward': 0.45 + 0.42 * t - wave,
        acc_t1: 0.42 + 0.4 * t + wave,
        acc_t2: 0.45 + 0.42 * t - wave,
        delta_i_to_c: 0.12 - 0.05 * t,
        delta_c_to_i: 0.08 - 0.06 * t,
        answer_change_rate: 0.5 - 0.3 * t,
        entropy: 0.6 - 0.3 * t,
        'layer2/entropy': 0.5 - 0.3 * t,
        kl: 0.0005 * i,
        'layer2/kl': 0.0007 * i,
        loss: -0.002 * wave,
        grad_norm: 0.3 + wave,
        'completions/mean_length': 21 + i,
        learning_rate: 1e-4 * Math.cos(t * 1.5),
      },
      seconds: { 'sample/1': 1.2, 'score/1': 0.01, 'update/1': 0.8, 'sample/2': 1.4, 'score/2': 0.02, 'update/2': 1.1 },
      memory: { allocated: 90e6, peak: 120e6 },
    };
  });
  const correction = (before: boolean, after: boolean): CompletionRecord => ({
    step: 20,
    layer: 2,
    prompt: '<user>47+85<assistant><think>7+5c0=2,4+8c0=2</think>122\nWait, let me double-check that.\n',
    completion: '<think>7+5c0=2,4+8c1=3</think>132',
    gold: '132',
    extracted: after ? '132' : '122',
    reward: Number(after),
    rewards: { accuracy_reward: Number(after) },
    advantage: 0.5,
    truncated: false,
    answer: '<think>7+5c0=2,4+8c0=2</think>122',
    answerCorrect: before,
    phrase: 'Wait, let me double-check that.',
    correct: after,
  });
  const answer: CompletionRecord = {
    step: 20,
    layer: 1,
    prompt: 'What is <b>2+2</b>? <script>document.title = "broken"</script>',
    completion: '"><img src=x onerror=alert(1)>',
    gold: "4 & '5'",
    extracted: null,
    reward: null,
    rewards: {},
    advantage: 0,
    truncated: true,
    correct: false,
  };
  return {
    run: {
      command: 'train',
      mgrpo: '0.1.0',
      started: '2026-11-23T10:15:00.000Z',
      device: 'SwiftShader driver 5.0.0',
      settings: { algorithm: 'mgrpo', model: 'models/<arithmetic>', reward: null },
      config: {
        lossType: 'grpo',
        learningRate: 1e-4,
        targetModules: 'all-linear',
        layer2: { mode: 'eq5', phrases: ['Wait,', 'Hmm,'] },
      },
    },
    steps,
    evaluations: {
      before: {
        acc_t1: interval(0.45, 0.07),
        acc_t2: interval(0.48, 0.07),
        reward: interval(0.45, 0.07),
        'pass@1': interval(0.45, 0.07),
      },
      after: {
        acc_t1: interval(0.81, 0.05),
        acc_t2: interval(0.84, 0.05),
        reward: interval(0.81, 0.05),
        'pass@1': interval(0.47, 0.07),
      },
      during: [],
    },
    completions: [correction(false, true), correction(true, true), correction(true, false), correction(false, false), answer],
  };
}
