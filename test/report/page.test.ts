import { describe, expect, it } from 'vitest';
import { renderReport } from '../../src/report/page.js';
import { niceTicks } from '../../src/report/chart.js';
import { bare } from '../../src/report/samples.js';
import { reportData } from '../support/report-data.js';

describe('renderReport', () => {
  const html = renderReport(reportData());

  it('needs nothing from outside', () => {
    expect(html).not.toMatch(/(src|href)="(?!data:)/);
    expect(html).not.toMatch(/@import|url\(/);
  });

  it('escapes every text of the run', () => {
    expect(html).not.toContain('<b>2+2</b>');
    expect(html).not.toContain('<img');
    // The data for the script, and the script.
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html).toContain('models/&#60;arithmetic&#62;');
  });

  it('shows text that stands where a number should, and does not run it', () => {
    const attack = '<img src=x onerror=alert(1)>';
    const hostile = (value: unknown): unknown =>
      typeof value === 'number' || typeof value === 'string'
        ? attack
        : Array.isArray(value)
          ? value.map(hostile)
          : typeof value === 'object' && value !== null
            ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hostile(inner)]))
            : value;
    const { completions, ...rest } = reportData();
    const spoilt = {
      ...(hostile(rest) as typeof rest),
      completions: completions.map((record) => ({ ...(hostile(record) as typeof record), layer: record.layer })),
    };
    const page = renderReport(spoilt);
    expect(page).toContain('&#60;img src=x onerror=alert(1)&#62;');
    expect(page).not.toContain('<img');
    expect(page.match(/<script/g)).toHaveLength(2);
  });

  it('draws one curve for each metric that the steps have, in the tone of its layer', () => {
    expect(html).toContain('>Solved = Reward<');
    expect(html.match(/<polyline class="curve tone2"/g)!.length).toBeGreaterThan(4);
    expect(html.split('<script')[0]).not.toContain('Nothing to learn from');
  });

  it('marks changes whose intervals do not overlap, and only those', () => {
    const row = (name: string): string => new RegExp(`<tr><th scope="row">${name}</th>.*?</tr>`).exec(html)![0];
    expect(row('acc_t2')).toContain('class="num clear"');
    expect(html).toContain('<th scope="row">acc_t1<small> = reward</small></th>');
    expect(row('pass@1')).not.toContain('clear');
  });

  it('shows corrections with question, first answer, phrase and verdicts', () => {
    expect(html).toContain('Wrong answer, corrected');
    expect(html).toContain('first answer · wrong');
    expect(html).toContain('correction · right');
    expect(html).toContain('guiding phrase');
  });

  it('shows of a correction its check by itself, and what it changed in the answer', () => {
    const { completions, ...rest } = reportData();
    const record = {
      ...completions[0]!,
      prompt: '7?3?9?4=9 7+3+9-4',
      answer: '7+3+9-4',
      completion: '<think>10,19,15-6=9,3</think>7-3+9-4',
    };
    const page = renderReport({ ...rest, completions: [record] });
    expect(page).toContain('<span class="who">check</span><pre>10,19,15-6=9,3</pre>');
    expect(page).toContain('<pre>7<del>+</del><ins>-</ins>3+9-4</pre>');
  });

  it('shows questions without the marks of a chat template, and once what was said several times', () => {
    const { completions, ...rest } = reportData();
    const [record] = completions;
    const page = renderReport({ ...rest, completions: [record!, record!, { ...record!, step: 19 }] }).split('<script')[0]!;
    expect(page.match(/<article>/g)).toHaveLength(2);
    expect(page.match(/ · 2 times/g)).toHaveLength(1);
    expect(page).toContain('<span class="who">question</span><pre>47+85</pre>');
    expect(bare('<|im_start|>user\nIs a<b or <b>b</b><s>?</s><|im_end|>')).toBe('user\nIs a<b or <b>b</b> ?');
  });

  it('draws what is 0 but for rounding as 0, and does not call it equal to another that is 0', () => {
    const { steps, ...rest } = reportData();
    const page = renderReport({
      ...rest,
      steps: steps.map((step) => ({ ...step, metrics: { loss: 3e-18, grad_norm: 0, learning_rate: 1e-9 } })),
    });
    expect(page).toContain('>Loss<');
    expect(page).toContain('Loss by step, at the end: answers 0"');
    expect(page).toContain('Learning rate by step, at the end: answers 1e-9"');
  });

  it('is made for a run that ended before its first step', () => {
    const empty = renderReport({ ...reportData(), steps: [], evaluations: { during: [] }, completions: [] });
    expect(empty).toContain('No step was finished.');
    expect(empty).not.toContain('NaN');
  });

  it('is made for a single step without NaN or infinity', () => {
    const { steps, ...rest } = reportData();
    expect(renderReport({ ...rest, steps: steps.slice(0, 1) })).not.toMatch(/NaN|Infinity/);
  });
});

describe('niceTicks', () => {
  it.each([
    [0, 1],
    [0.42, 0.87],
    [-3e-5, 1e-5],
    [17, 17],
    [0, 0],
    [1e-7, 123456],
  ])('encloses [%d, %d] with few round values', (lo, hi) => {
    const ticks = niceTicks(lo, hi);
    expect(ticks[0]).toBeLessThanOrEqual(lo);
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(hi);
    expect(ticks.length).toBeGreaterThanOrEqual(3);
    expect(ticks.length).toBeLessThanOrEqual(7);
    expect(new Set(ticks).size).toBe(ticks.length);
  });
});
