import { describe, expect, it } from 'vitest';
import { ChatTemplate, strftime } from '../../src/text/chat-template.js';
import { LAYER1_SYSTEM_PROMPT, LAYER2_SYSTEM_PROMPT, PHRASE_POOLS, guidingText } from '../../src/text/prompts.js';

describe('strftime', () => {
  // Expected values: Python's datetime(2026, 3, 5, 15, 7, 9).strftime.
  it.each([
    ['%d %b %Y', '05 Mar 2026'],
    ['%A, %B %-d, %y', 'Thursday, March 5, 26'],
    ['%a %j %H:%M:%S %I %p 100%%', 'Thu 064 15:07:09 03 PM 100%'],
    ['%Q stays', '%Q stays'],
  ])('writes %s as Python does', (format, text) => {
    expect(strftime(new Date(2026, 2, 5, 15, 7, 9), format)).toBe(text);
  });
});

describe('templates', () => {
  // Expected values: jinja2 3.1. The fifth is what Qwen3 does with the answers of a chat.
  it.each([
    [String.raw`{{ '\n\n a \n'.lstrip('\n') }}`, ' a \n'],
    ["{{ '<<a>>'.strip('<>') }}", 'a'],
    ["{{ 'xyaxby'.rstrip('yx') }}", 'xyaxb'],
    ['{{ x.lstrip() }}|{{ x.rstrip() }}', '\ufeffa</t>\n\n b\ufeff\u3000|\x1f\x85 \ufeffa</t>\n\n b\ufeff'],
    [String.raw`{{ x.split('</t>')[-1].lstrip('\n') }}`, ' b\ufeff\u3000'],
    ["{{ ('  ' + x).strip().strip('b').lstrip() }}", '\ufeffa</t>\n\n b\ufeff'],
    ["{{ 'ab'.strip('') }}{{ '😀a😀'.strip('😀') }}{{ ' a '.strip(none) }}", 'abaa'],
  ])('%s takes from the ends what Python takes', (source, text) => {
    expect(new ChatTemplate(source).render([], { variables: { x: '\x1f\x85 \ufeffa</t>\n\n b\ufeff\u3000' } })).toBe(text);
  });

  // Expected values: jinja2 3.1 with trim_blocks and lstrip_blocks, as transformers sets them.
  it.each(['\n', '\r\n', '\r'])('are read with line ends of any kind: %j', (end) => {
    const lines = [
      '{%- for m in messages %}',
      '  {%- if m.role %}',
      '[{{ m.role }}]',
      ' {{ m.content }}',
      '  {% endif %}',
      '{%- endfor %}',
      'end',
      '',
    ];
    const source = lines.join(end);
    expect(new ChatTemplate(source).render([{ role: 'user', content: 'a\r\nb' }])).toBe('[user]\n a\r\nb\nend');
  });
});

describe('prompts', () => {
  it('ask for reasoning in think tags first and a final answer after them', () => {
    for (const prompt of [LAYER1_SYSTEM_PROMPT, LAYER2_SYSTEM_PROMPT]) expect(prompt).toMatch(/<think>.*<\/think>.*final answer/);
  });

  it('hold the seven printed phrases and a neutral pool without words of doubt', () => {
    expect(PHRASE_POOLS.paper).toHaveLength(7);
    expect(PHRASE_POOLS.neutral.length).toBeGreaterThan(1);
    expect(new Set(PHRASE_POOLS.perspectives).size).toBeGreaterThan(3);
    for (const phrase of PHRASE_POOLS.neutral) expect(phrase).not.toMatch(/wrong|wait|mistake|miss|check|but|hmm/i);
  });

  it('put the phrase on a line of its own', () => {
    expect(guidingText('Wait.')).toBe('\nWait.\n');
  });
});
