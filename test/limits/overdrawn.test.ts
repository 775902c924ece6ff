import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rateOf } from '../../src/limits/bucket.ts';
import { isOverdrawn } from '../../src/limits/overdrawn.ts';
import { planCpu } from '../../src/limits/quota.ts';
import { law } from '../devices/law.ts';
import { MS, run } from './kernel-pool.ts';
import { EMPTY, loads, policies, wantedIn } from './loads.ts';
import { QUARTER } from './policy.ts';

const { quota } = planCpu({ ...QUARTER, size: 4000 }, 2);

law(
  'a guest that nobody gave anything above its quota is never overdrawn',
  fc.tuple(policies, loads),
  ([policy, load]) => {
    const plan = planCpu(policy, 2);
    if (plan.by === 'kernel') return;
    const wanted = wantedIn(load, rateOf(policy), plan.quota.periodUs);
    const used = run(policy, wanted.length, { wants: (ms) => wanted[ms] ?? 0, diesAtMs: 0, start: EMPTY });
    let usedUs = 0;
    const overdrawnAtMs = used.findIndex((us, ms) => {
      usedUs += us;
      return isOverdrawn({ atUs: 0, usedUs: 0 }, { atUs: (ms + 1) * MS, usedUs }, policy, plan.quota);
    });
    expect(overdrawnAtMs).toBe(-1);
  },
);

test('one that has a whole processor is within a second', () => {
  const at = (us: number) => ({ atUs: us, usedUs: us });
  expect(isOverdrawn(at(0), at(1_000_000), QUARTER, quota)).toBe(true);
  expect(isOverdrawn(at(0), at(100_000), QUARTER, quota)).toBe(false);
});
