import { expect, test } from 'vitest';
import { rewrittenUntil, withChange } from '../../src/limits/rewrites.ts';

/** So many changes, so far from each other. */
function changes(count: number, everyMs: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index * everyMs).reduce<readonly number[]>(withChange, []);
}

test('a quota that is written every 20 ms is written again and again as soon as a quarter more was given in ten seconds', () => {
  expect(rewrittenUntil(changes(24, 20), 100_000, 480)).toBeUndefined();
  expect(rewrittenUntil(changes(25, 20), 100_000, 480)).toBe(10_000);
});

test('it is for as long as that goes on, and a little', () => {
  const all = changes(1_000, 20);
  expect(rewrittenUntil(all, 100_000, 20_000)).toBe(29_500);
  expect(rewrittenUntil(all, 100_000, 29_500)).toBeUndefined();
});

test.each([
  [1_000_000, 2_400, 2_600],
  [100_000, 400, 420],
  [20_000, 80, 85],
])(
  'of a period of %d us it is every %d ms, a quarter more or five in ten seconds, and every %d ms is nothing',
  (periodUs, tooOftenMs, rarelyMs) => {
    const count = 3_000;
    expect(rewrittenUntil(changes(count, tooOftenMs), periodUs, (count - 1) * tooOftenMs)).toBeDefined();
    expect(rewrittenUntil(changes(count, rarelyMs), periodUs, (count - 1) * rarelyMs)).toBeUndefined();
  },
);
