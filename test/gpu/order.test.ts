import { describe, expect, it } from 'vitest';
import { Order } from '../../src/gpu/order.js';

describe('Order', () => {
  it('runs work at once, and after what holds it in the order in which it came', async () => {
    const seen: string[] = [];
    const order = new Order((error) => seen.push(`failed: ${String(error)}`));
    order.run(() => seen.push('first'));
    expect(seen).toEqual(['first']);
    let release = (): void => undefined;
    order.hold(new Promise<void>((resolve) => (release = resolve)));
    order.run(() => seen.push('second'));
    order.hold(Promise.reject(new Error('no pipeline')));
    const value = order.done(() => seen.push('third'));
    const refused = order.done(() => {
      throw new Error('void');
    });
    expect(order.isHeld).toBe(true);
    expect(seen).toEqual(['first']);
    release();
    expect(await value).toBe(4);
    await expect(refused).rejects.toThrow('void');
    expect(seen).toEqual(['first', 'second', 'failed: Error: no pipeline', 'third']);
    expect(order.isHeld).toBe(false);
    order.run(() => seen.push('last'));
    expect(seen.at(-1)).toBe('last');
  });
});
