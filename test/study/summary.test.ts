import { describe, expect, it } from 'vitest';
import { holm, mcnemarTest, pairedTTest, signFlipTest, studentInterval } from '../../src/study/statistics.js';
import { renderStudy } from '../../src/study/page.js';
import { studyCsv, summarizeStudy } from '../../src/study/summary.js';
import { studyData } from '../support/study-data.js';

const ARMS = [
  'grpo-second-turn',
  'grpo',
  'grpo-best',
  'mgrpo',
  'blind',
  { name: 'a "<b>", c', like: 'mgrpo', settings: { beta: 0 } },
];
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe('summarizeStudy', () => {
  const { plan, points } = studyData(ARMS);
  const summary = summarizeStudy(plan, points);
  const endOf = (training: string, seed: number) => points.get(`signs/${training}/seed-${seed}`)!.at(-1)!;

  it('reads each arm’s own accuracy from the last evaluation', () => {
    const of = (name: string) => summary.results.find(({ task, arm }) => task === 'signs' && arm.name === name)!;
    const seeds = [1, 2, 3, 4, 5].map((seed) => endOf('grpo-second-turn', seed));
    expect(of('grpo').accuracy.value).toBeCloseTo(mean(seeds.map(({ turns }) => mean(turns[0]!))), 12);
    expect(of('grpo-second-turn').accuracy.value).toBeCloseTo(mean(seeds.map(({ turns }) => mean(turns[1]!))), 12);
    expect(of('grpo-best').accuracy.value).toBeCloseTo(mean(seeds.map(({ best }) => mean(best))), 12);
    expect(of('grpo').answerTokens).toBe(12.5);
    expect(of('grpo-second-turn').answerTokens).toBe(32.5);
    // As many answers as turns.
    expect(of('grpo-best').answerTokens).toBe(37.5);
  });

  it('compares seed by seed, on the same problems, corrected for the number of arms', () => {
    const found = summary.comparisons.filter(({ task, measure }) => task === 'signs' && measure === 'gain');
    expect(found.map(({ arm }) => arm)).toEqual(['mgrpo', 'blind', 'a "<b>", c']);
    const gain = (training: string, seed: number): number => {
      const { turns } = endOf(training, seed);
      return mean(turns[1]!) - mean(turns[0]!);
    };
    const { differences, student, p, least, t, hierarchical, mean: value } = found[0]!;
    differences.forEach((d, i) => expect(d).toBeCloseTo(gain('mgrpo', i + 1) - gain('grpo-second-turn', i + 1), 12));
    expect(student).toEqual(studentInterval(differences));
    expect({ p, least }).toEqual(signFlipTest(differences));
    expect(t).toBe(pairedTTest(differences));
    expect(hierarchical[0]).toBeLessThan(value);
    expect(hierarchical[1]).toBeGreaterThan(value);
    expect(found.map(({ adjusted }) => adjusted)).toEqual(holm(found.map((item) => item.t)));
  });

  it('uses only the seeds that both have finished', () => {
    const part = new Map(points);
    part.delete('signs/mgrpo/seed-3');
    part.delete('signs/grpo-second-turn/seed-1');
    const { comparisons, done, total } = summarizeStudy(plan, part);
    expect(comparisons.find(({ arm, task }) => arm === 'mgrpo' && task === 'signs')!.differences).toHaveLength(3);
    expect([done, total]).toEqual([points.size - 2, points.size]);
    expect(summarizeStudy(plan, new Map())).toMatchObject({ results: [], comparisons: [] });
  });

  it('compares two policies problem by problem where there is one seed', () => {
    const one = studyData(ARMS, [7]);
    const { comparisons } = summarizeStudy(one.plan, one.points);
    const right = (training: string) => one.points.get(`signs/${training}/seed-7`)!.at(-1)!.turns[1]!.map(Boolean);
    const found = comparisons.filter(({ arm, task }) => arm === 'mgrpo' && task === 'signs');
    expect(found.map(({ mcnemar }) => mcnemar)).toEqual([mcnemarTest(right('mgrpo'), right('grpo-second-turn')).p, null]);
  });

  it('writes one line per arm, seed and evaluation, with quotes where a name needs them', () => {
    const lines = studyCsv(summary).trim().split('\n');
    expect(lines[0]).toMatch(/^task,arm,seed,point,step,generated_tokens,seconds,accuracy,gain,acc_t1,/);
    expect(lines).toHaveLength(1 + 2 * 6 * 5 * 5);
    expect(lines.filter((line) => line.startsWith('signs,"a ""<b>"", c",1,'))).toHaveLength(5);
  });
});

describe('renderStudy', () => {
  const { plan, points } = studyData(ARMS);
  const html = renderStudy('second <turn>', plan, summarizeStudy(plan, points));

  it('needs nothing from outside and escapes names', () => {
    expect(html).not.toMatch(/(src|href)="(?!data:)|@import|url\(/);
    expect(html).not.toContain('<b>"');
    expect(html).not.toContain('<turn>');
    expect(html.match(/<script/g)).toHaveLength(1);
  });

  it('draws every arm, and what depends on the training once for each', () => {
    const signs = html.slice(html.indexOf('<h2>signs</h2>'), html.indexOf('<h2>arithmetic</h2>'));
    const figures = signs.split('<figure').slice(1);
    expect(figures.map((figure) => figure.match(/<polyline/g)?.length)).toEqual([6, 4, 4, 4, 4, 4, 4]);
    expect(figures[0]).toContain('by tokens');
    expect(figures[1]).toContain('by tokens');
    expect(figures[6]).toContain('by step');
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('says what each turn adds', () => {
    const turns = html.split('<h3>Turn by turn</h3>')[1]!.split('</table>')[0]!;
    expect(turns.match(/<th scope="col">[^<]*/g)!.map((head) => head.slice(16))).toEqual([
      'turn 1',
      'turn 2',
      'turn 2 adds',
      'turn 3',
      'turn 3 adds',
    ]);
    expect(turns.match(/<th scope="row"/g)).toHaveLength(4);
  });

  it('says in words what is told apart', () => {
    const row = (name: string): string =>
      html.slice(html.indexOf('what it adds to grpo')).split(`<th scope="row">${name}</th>`)[1]!;
    expect(row('mgrpo')).toMatch(/^<td class="num clear">\+0\.\d+<\/td><td class="num">higher<\/td>/);
    expect(row('blind')).toMatch(/^<td class="num clear">.0\.\d+<\/td><td class="num">not told apart<\/td>/);
    expect(html).toContain('with 5 seeds it cannot fall below 0.063');
  });

  it('is made of one seed, and of nothing', () => {
    const one = studyData(['grpo', 'mgrpo'], [1]);
    expect(renderStudy('one', one.plan, summarizeStudy(one.plan, one.points))).not.toMatch(/NaN|Infinity|undefined/);
    expect(renderStudy('none', plan, summarizeStudy(plan, new Map()))).toContain('No cell is finished.');
  });
});
