import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextLowering } from '../../src/limits/lowering.ts';
import type { MemoryUse } from '../../src/model/held.ts';

const MiB = 2 ** 20;
const use = (current: number, fixed: number, swapFree = 0, locked = 0): MemoryUse => ({
  current: current * MiB,
  fixed: fixed * MiB,
  locked: locked * MiB,
  stall: 0,
  swapHeld: 0,
  swapFree: swapFree * MiB,
});

test('a limit above what is used is written at once', () => {
  expect(nextLowering(512 * MiB, Infinity, use(400, 400))).toEqual({ step: 'write' });
});

test('800 MiB that cannot be reclaimed are not limited to 512', () => {
  expect(nextLowering(512 * MiB, Infinity, use(800, 800))).toEqual({ step: 'refuse', least: 800 * MiB });
});

test('what may go into swap is not in the way', () => {
  expect(nextLowering(512 * MiB, Infinity, use(800, 800, 400))).toMatchObject({ step: 'reclaim' });
});

test('of the swap that it may have, what it has holds no more', () => {
  const swapped = { ...use(800, 800, 8000), swapHeld: 100 * MiB };
  expect(nextLowering(512 * MiB, 380 * MiB, swapped)).toEqual({ step: 'refuse', least: 520 * MiB });
  expect(nextLowering(512 * MiB, 400 * MiB, swapped)).toMatchObject({ step: 'reclaim' });
  expect(nextLowering(512 * MiB, 0, swapped)).toEqual({ step: 'refuse', least: 800 * MiB });
});

test('what is locked goes into no swap', () => {
  expect(nextLowering(400 * MiB, Infinity, use(800, 800, 8000, 600))).toEqual({ step: 'refuse', least: 600 * MiB });
});

test('of 800 MiB of which 600 are cached, 400 are reached in steps of a twentieth, and nothing else is written meanwhile', () => {
  let current = 800 * MiB;
  let steps = 0;
  for (;;) {
    const next = nextLowering(400 * MiB, Infinity, {
      current,
      fixed: 200 * MiB,
      locked: 0,
      stall: 0,
      swapHeld: 0,
      swapFree: 0,
    });
    if (next.step === 'write') break;
    if (next.step !== 'reclaim') throw new Error(next.step);
    expect(next.bytes).toBeLessThanOrEqual(40 * MiB);
    current -= next.bytes;
    steps += 1;
  }
  expect(current).toBeLessThanOrEqual(0.98 * 400 * MiB);
  expect(steps).toBeLessThan(20);
});

test('nothing is written that would kill, and every step gets on', () => {
  const bytes = fc.integer({ min: 0, max: 2 ** 36 });
  fc.assert(
    fc.property(
      fc.integer({ min: 4096, max: 2 ** 36 }),
      bytes,
      bytes,
      bytes,
      bytes,
      (limit, current, part, some, swapRoom) => {
        const fixed = Math.min(current, part);
        const locked = Math.min(fixed, some);
        const next = nextLowering(limit, Infinity, {
          current,
          fixed,
          locked,
          stall: 0,
          swapHeld: 0,
          swapFree: swapRoom,
        });
        if (next.step === 'write') expect(current).toBeLessThanOrEqual(limit);
        if (next.step === 'reclaim') expect(next.bytes).toBeGreaterThan(0);
        if (next.step === 'refuse') expect(next.least).toBeGreaterThan(limit * 0.97);
        if (locked > limit) expect(next.step).toBe('refuse');
      },
    ),
  );
});
