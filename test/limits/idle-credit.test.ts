import fc from 'fast-check';
import { expect, test } from 'vitest';
import { repaid, withCredit } from '../../src/limits/idle-credit.ts';
import type { Bucket } from '../../src/model/bucket.ts';
import { law } from '../devices/law.ts';
import { QUARTER } from './policy.ts';

const SPENT: Bucket = { tokensUs: -30_000, remainder: 0, held: true, atUs: 0, usedUs: 0 };
const STRICT = { ...QUARTER, hold: 'strict', threshold: 100 } as const;

test('what was used beyond what the kernel gives beforehand is paid from it', () => {
  const { bucket, credit } = repaid(SPENT, { leftUs: 50_000, usedUs: 7_000 }, 20_000);
  expect(bucket).toEqual({ ...SPENT, tokensUs: -20_000 });
  expect(credit).toEqual({ leftUs: 40_000, usedUs: 17_000 });
});

law(
  'paying changes nothing of what there is together, and saves up nothing',
  fc.tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 0, max: 1e5 })),
  ([tokensUs, leftUs, usualUs]) => {
    const { bucket, credit } = repaid({ ...SPENT, tokensUs }, { leftUs, usedUs: 0 }, usualUs);
    expect(bucket.tokensUs + credit.leftUs).toBe(tokensUs + leftUs);
    expect(credit.usedUs).toBe(leftUs - credit.leftUs);
    expect(credit.leftUs).toBeGreaterThanOrEqual(0);
    expect(bucket.tokensUs).toBeLessThanOrEqual(Math.max(0, tokensUs));
  },
);

test('who goes on at its rate may use it at once, whatever it owes', () => {
  expect(withCredit(SPENT, true, { leftUs: 50_000, usedUs: 0 }, QUARTER)).toMatchObject({
    tokensUs: 50_000,
    held: false,
  });
});

test('who stands still goes on when it has its threshold with it, and stands still when both are spent', () => {
  const held = (wasHeld: boolean, leftUs: number) => withCredit(SPENT, wasHeld, { leftUs, usedUs: 0 }, STRICT).held;
  expect([held(true, 129_000), held(true, 130_000)]).toEqual([true, false]);
  expect([held(false, 31_000), held(false, 30_000)]).toEqual([false, true]);
});
