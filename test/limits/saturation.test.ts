import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CpuLook, cpuLook, isWindow, saturation } from '../../src/limits/saturation.ts';
import { law } from '../devices/law.ts';
import { QUARTER } from './policy.ts';

const START: CpuLook = { atMs: 0, usedUs: 0, periods: 0, throttles: 0 };

describe('a guest that has a quarter of a processor', () => {
  test.each([
    ['uses all of it, and is held back in each period', 1_000_000, 40, 40, 1],
    ['uses nearly all of it, and is held back in half of them', 950_000, 40, 20, 0.95],
    ['spends what it has saved up as well', 2_000_000, 40, 30, 1],
    ['uses all of it, and is held back seldom', 1_000_000, 40, 19, 0],
    ['is held back by others, and not by its quota', 400_000, 40, 0, 0],
    ['does nothing at all', 0, 0, 0, 0],
    ['wants much for a moment, and little else', 300_000, 8, 6, 0.3],
  ])('%s', (_what, usedUs, periods, throttles, share) => {
    expect(saturation(START, { atMs: 4000, usedUs, periods, throttles }, QUARTER)).toBeCloseTo(share);
  });
});

test.each([
  [1999, 1, false],
  [2000, 1, true],
  [1999, 4, false],
  [499, 9, false],
  [500, 5, true],
])('looks that are %d ms and %d periods apart say something: %s', (atMs, periods, says) => {
  expect(isWindow(START, { ...START, atMs, periods })).toBe(says);
});

test('a kernel that does not count periods, or a guest without a quota, has no look', () => {
  expect(cpuLook({ cpuUs: 5, cpuPeriods: 9 }, { cpu: 4 }, 7)).toEqual({ atMs: 7, usedUs: 5, periods: 9, throttles: 4 });
  expect(cpuLook({ cpuUs: 5 }, { cpu: 4 }, 7)).toBeUndefined();
  expect(cpuLook({ cpuUs: 5, cpuPeriods: 9 }, {}, 7)).toBeUndefined();
});

law(
  'is a share, and none where nothing was held back',
  fc.record({ usedUs: fc.nat(), periods: fc.nat({ max: 100 }), held: fc.double({ min: 0, max: 1, noNaN: true }) }),
  ({ usedUs, periods, held }) => {
    const throttles = Math.floor(periods * held);
    const share = saturation(START, { atMs: 4000, usedUs, periods, throttles }, QUARTER);
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThanOrEqual(1);
    if (throttles * 2 < periods) expect(share).toBe(0);
  },
);
