import { expect, test } from 'vitest';
import { rewrittenUntil, withChange } from '../../src/limits/rewrites.ts';

/** So many changes, so far from each other. */
function changes(count: number, everyMs: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index * everyMs).reduce<readonly number[]>(withChange, []);
}

test('a quota that is written every 20 ms is written again and again before half a second is over', () => {
  expect(rewrittenUntil(changes(19, 20), 380)).toBeUndefined();
  expect(rewrittenUntil(changes(20, 20), 380)).toBe(5_000);
});

test('it is for as long as that goes on, and a little', () => {
  const all = changes(1_000, 20);
  expect(rewrittenUntil(all, 20_000)).toBe(24_600);
  expect(rewrittenUntil(all, 24_600)).toBeUndefined();
});

test('one that is written less often than four times a second is not', () => {
  expect(rewrittenUntil(changes(1_000, 250), 249_750)).toBe(250_000);
  expect(rewrittenUntil(changes(1_000, 264), 263_736)).toBeUndefined();
});
