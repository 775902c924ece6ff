import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rateOf, sizeUs } from '../../src/limits/bucket.ts';
import { driven, newDrive, paceOf } from '../../src/limits/drive.ts';
import { planCpu } from '../../src/limits/quota.ts';
import { law } from '../devices/law.ts';
import { MS, run, sum, type Used } from './kernel-pool.ts';
import { burstMs, DEEP, EMPTY, largestExcess, loads, outages, policies, STRICT, wantedIn } from './loads.ts';

const always = (cpus: number) => () => cpus;

describe('a bucket deeper than the kernel keeps', () => {
  test.each([
    [1, 5333],
    [2, 2286],
  ])('with %d processors busy a full one lasts as long as the closed form says', (cpus, expectedMs) => {
    const used = run(DEEP, 12_000, { wants: always(cpus) });
    expect(Math.abs(burstMs(used, cpus) - expectedMs)).toBeLessThanOrEqual(600);
    expect(sum(used)).toBeGreaterThan(0.98 * (4_000 * MS + 0.25 * 12_000 * MS));
  });

  test('from empty the share is the rate, within a percent over a minute', () => {
    const used = sum(run(DEEP, 60_000, { wants: always(1), start: EMPTY }));
    expect(Math.abs(used - 15_000 * MS)).toBeLessThanOrEqual(150 * MS);
  });

  test('when the driver dies with a full bucket the guest goes on at its rate', () => {
    const used = run(DEEP, 32_000, { wants: always(2), diesAtMs: 1_000 });
    const { quota } = planCpu(DEEP, 2);
    expect(sum(used.slice(1_000, 31_000))).toBeLessThanOrEqual(0.25 * 30_000 * MS + 2 * quota.quotaUs);
  });

  test('an outage changes nothing in the long run', () => {
    const used = run(DEEP, 120_000, { wants: always(1), outage: { fromMs: 10_000, ms: 20_000 }, start: EMPTY });
    expect(Math.abs(sum(used) - 30_000 * MS)).toBeLessThanOrEqual(300 * MS);
  });

  test('strictly held it stands still until it has its threshold, and runs until it is drained', () => {
    const used = run(STRICT, 60_000, { cpus: 1, wants: always(1), start: EMPTY });
    const runs = holdsIn(used);
    for (const { heldMs } of runs.slice(1)) expect(Math.abs(heldMs - 2_000)).toBeLessThanOrEqual(80);
    expect(runs.length).toBeGreaterThan(15);
  });

  test('who stood still is looked at like one that wants more, also where the kernel would tell of it later', () => {
    const { quota } = planCpu(STRICT, 2);
    const pace = paceOf(quota, STRICT, 2, Number.POSITIVE_INFINITY);
    const still = { ...newDrive({ ...EMPTY, held: true }, { atUs: 0, usedUs: 0, throttles: 0 }), holds: true };
    const { step, wakeAtUs } = driven(still, STRICT, { atUs: 2_000_000, usedUs: 6_000, throttles: 0 }, pace);
    expect(step).toBe('none');
    const released = driven(still, STRICT, { atUs: 2_100_000, usedUs: 6_000, throttles: 0 }, pace);
    expect(released.step).toBe('release');
    expect(released.wakeAtUs - 2_100_000).toBeLessThanOrEqual(pace.eagerUs);
    expect(wakeAtUs).toBeLessThan(2_100_000);
  });
});

/** Stretches in which the guest got next to nothing. */
function holdsIn(used: Used): readonly { readonly heldMs: number }[] {
  const holds: { heldMs: number }[] = [];
  let since: number | undefined;
  for (let at = 0; at + 400 < used.length; at += 1) {
    const isStill = sum(used.slice(at, at + 400)) <= 10 * MS;
    if (isStill && since === undefined) since = at;
    if (!isStill && since !== undefined) {
      holds.push({ heldMs: at - since + 400 });
      since = undefined;
    }
  }
  return holds;
}

law(
  'in no window is more used than the bucket, its rate and one grant allow',
  fc.tuple(policies, loads, outages),
  ([policy, load, outage]) => {
    const { by, quota } = planCpu(policy, 2);
    if (by === 'kernel') return;
    const rate = rateOf(policy);
    const wanted = wantedIn(load, rate, quota.periodUs);
    const wants = (ms: number) => wanted[ms] ?? 0;
    const used = run(policy, wanted.length, { wants, ...(outage && policy.hold === 'smooth' && { outage }) });
    const { doubtUs, eagerUs } = paceOf(quota, policy, 2, 1_000_000);
    // Who is to stand still is stopped at the next look; and does not stand still for a doubt that is larger than half of its bucket.
    const grantUs = policy.hold === 'strict' ? Math.max(quota.quotaUs, (2 - rate) * eagerUs) : quota.quotaUs;
    const most = sizeUs(policy) + grantUs + (2 * quota.quotaUs - doubtUs) + 2 * MS; // a step of both processors
    expect(largestExcess(used, rate)).toBeLessThanOrEqual(most);
  },
);

test('what a guest saved up while it used its rate is its own, but for what the kernel may have given it beforehand and less than a grant', () => {
  const { quota } = planCpu(DEEP, 2);
  const used = run(DEEP, 30_000, { wants: (ms) => (ms < 10_000 ? 0.24 : 2) });
  expect(largestExcess(used, 0.25)).toBeGreaterThanOrEqual(sizeUs(DEEP) - 3 * quota.quotaUs);
});
