// What a tile of a matrix product costs in workgroup memory, from the text of its kernel: matmul_tile, written out. The model is that of a GPU
// with 32 banks of 4 bytes, waves of 32 lanes, and 128 multiply-adds a clock: 16 bytes at a time are served eight lanes at a time, equal addresses
// are one, and lanes that want several words of one bank wait for each other.
const BANKS = 32;
const WAVE = 32;
const PRODUCTS_A_CLOCK = 128;

/**
 * Clocks of one tile of steps, for all waves of a workgroup.
 * @param {string} wgsl
 * @returns {{ reads: number, stores: number, products: number, share: number, idealStores: number }} `share`: what products can use at most of
 * the device's multiply-adds; `idealStores`: stores without a conflict
 */
export function clocksOf(wgsl) {
  const text = wgsl.slice(0, wgsl.indexOf('store4(group.id.z'));
  const names = new Map();
  for (const [, name, value] of text.matchAll(/^(?:const|override) (\w+)\b[^=\n]*= ([^;\n]+);/gm)) names.set(name, value);
  const [invocations, fetchers, steps, part] = ['DOWN * ACROSS', 'FETCHERS', 'STEPS', 'PART'].map((of) => evaluate(of, names));
  const loop = text.indexOf('for (var quad');
  const quads = Array.from({ length: steps / 4 }, (_, quad) => quad);
  const total = { reads: 0, stores: 0, products: 0, idealStores: 0 };
  for (let first = 0; first < invocations; first += WAVE) {
    const lanes = Array.from({ length: WAVE }, (_, i) => lets(text, new Map([...names, ['local', `${first + i}`]])));
    const at = (expression, quad) => lanes.map((known) => evaluate(expression, new Map([...known, ['quad', `${quad}`]])));
    for (const store of first < fetchers ? storesOf(text) : []) {
      const words = store.map((expression) => at(expression, 0));
      const isWhole = words[0].every((word, i) => word % 4 === 0 && words.every((other, e) => other[i] === word + e));
      total.stores += isWhole ? clocks(words[0], 4) : words.reduce((sum, one) => sum + clocks(one, 1), 0);
      total.idealStores += 4;
    }
    for (const { index, 1: read } of text.matchAll(/= vec\df\(tile_\w\[(\w+)\],/g)) {
      for (const quad of index < loop ? [0] : quads) total.reads += clocks(at(read, quad), part);
    }
    total.products += ((text.match(/sum\d+ = fma\(/g) ?? []).length * part * quads.length * WAVE) / PRODUCTS_A_CLOCK;
  }
  return { ...total, share: Math.min(1, total.products / (total.reads + total.stores)) };
}

/** The indices of each fetched vector's stores. */
function storesOf(text) {
  const stores = new Map();
  for (const [, index, held] of text.matchAll(/tile_\w\[([^\n]+)\] = (held_\w+)\[\d\];/g)) {
    stores.set(held, [...(stores.get(held) ?? []), index]);
  }
  return [...stores.values()];
}

/** Adds the values of a text's `let`s to what is known, where these are arithmetic. */
function lets(text, known) {
  for (const [, name, value] of text.matchAll(/^ *let (\w+) = ([\w\s+*/%()]+);/gm)) known.set(name, `(${value})`);
  return known;
}

/** Clocks of one access by the lanes of a wave: the first word of each, and how many it wants. */
function clocks(words, width) {
  const together = WAVE / width;
  let sum = 0;
  for (let i = 0; i < WAVE; i += together) {
    const banks = new Map();
    for (const word of words.slice(i, i + together)) {
      for (let k = 0; k < width; k++) {
        const bank = (word + k) % BANKS;
        banks.set(bank, (banks.get(bank) ?? new Set()).add(word + k));
      }
    }
    sum += Math.max(...[...banks.values()].map(({ size }) => size));
  }
  return sum;
}

/** The value of an expression of whole numbers, names, + * / % and brackets. */
function evaluate(expression, names) {
  const tokens = expression.replaceAll(/(\d)u\b/g, '$1').match(/\w+|[+*/%()]/g) ?? [];
  let at = 0;
  const operand = () => {
    const token = tokens[at++];
    if (token === '(') {
      const value = sum();
      at++;
      return value;
    }
    if (/^\d/.test(token)) return Number(token);
    if (!names.has(token)) throw new Error(`banks: expected a known name in ${expression}, got ${token}`);
    return evaluate(names.get(token), names);
  };
  const product = () => {
    let value = operand();
    while (/^[*/%]$/.test(tokens[at] ?? '')) {
      const operator = tokens[at++];
      const by = operand();
      value = operator === '*' ? value * by : operator === '/' ? Math.floor(value / by) : value % by;
    }
    return value;
  };
  const sum = () => {
    let value = product();
    while (tokens[at] === '+') {
      at++;
      value += product();
    }
    return value;
  };
  return sum();
}
