import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IDLE_STEP_US, type IdleMember, shareIdle } from '../../src/limits/idle.ts';
import { planCpu } from '../../src/limits/quota.ts';
import type { BucketPolicy } from '../../src/model/policy.ts';
import { law } from '../devices/law.ts';
import { MS, run, sum } from './kernel-pool.ts';
import { EMPTY } from './loads.ts';
import { QUARTER } from './policy.ts';
import { type Shared, shared } from './shared-host.ts';

const EIGHTH: BucketPolicy = { ...QUARTER, idle: { rate: 1, interval: 8 } };
const FOURTH: BucketPolicy = { ...QUARTER, idle: { rate: 1, interval: 4 } };
const HALF: BucketPolicy = { ...QUARTER, rate: 1, interval: 2 };
const always = (cpus: number) => () => cpus;

/** Processors that each had between these milliseconds. */
function shares({ used }: Shared, fromMs: number, toMs: number): readonly number[] {
  return used.map((one) => sum(one.slice(fromMs, toMs)) / (toMs - fromMs) / MS);
}

function expectShares(found: readonly number[], ...expected: readonly number[]): void {
  for (const [at, share] of expected.entries()) expect(Math.abs((found[at] ?? 0) - share)).toBeLessThanOrEqual(0.02);
}

test('what nobody else wants is shared by two drained guests as their shares of it are', () => {
  const both = [
    { policy: EIGHTH, wants: always(1) },
    { policy: FOURTH, wants: always(1) },
  ];
  expectShares(shares(shared(both, 60_000, { cpus: 1 }), 10_000, 60_000), 0.4167, 0.5833);
});

test.each(['fills', 'caps', 'waits'] as const)(
  'and so it is where bursts are leases, with a kernel that %s its pool when a quota is written',
  (onWrite) => {
    const both = [
      { policy: EIGHTH, wants: always(1) },
      { policy: FOURTH, wants: always(1) },
    ];
    const found = shared(both, 60_000, { cpus: 1, bursts: 'lease', onWrite });
    expectShares(shares(found, 10_000, 60_000), 0.4167, 0.5833);
  },
);

test('a third one with a guarantee of the rest leaves both their rates, from its first second on', () => {
  const all = [
    { policy: EIGHTH, wants: always(1), weight: 2500 },
    { policy: FOURTH, wants: always(1), weight: 2500 },
    { policy: HALF, wants: (ms: number) => (ms < 20_000 ? 0 : 1), weight: 5000 },
  ];
  const found = shared(all, 60_000, { cpus: 1 });
  expectShares(shares(found, 10_000, 20_000), 0.4167, 0.5833, 0);
  expectShares(shares(found, 20_000, 21_000), 0.25, 0.25, 0.5);
  expectShares(shares(found, 21_000, 60_000), 0.25, 0.25, 0.5);
});

test('one without a guarantee has its rate after three seconds: who waits for what is idle gives way', () => {
  const all = [
    { policy: EIGHTH, wants: always(1) },
    { policy: FOURTH, wants: always(1) },
    { policy: HALF, wants: (ms: number) => (ms < 20_000 ? 0 : 1) },
  ];
  expectShares(shares(shared(all, 60_000, { cpus: 1 }), 23_000, 60_000), 0.25, 0.25, 0.49);
});

test('what the host itself uses is not shared', () => {
  const all = [{ policy: EIGHTH, wants: always(1) }, { policy: FOURTH, wants: always(1) }, { wants: always(0.3) }];
  expectShares(shares(shared(all, 60_000, { cpus: 1 }), 10_000, 60_000), 0.3167, 0.3833, 0.3);
});

test('who cannot use its share leaves it to the others', () => {
  const all = [
    { policy: { ...EIGHTH, idle: { rate: 9, interval: 1 } }, wants: always(0.5) },
    { policy: EIGHTH, wants: always(2) },
  ];
  expectShares(shares(shared(all, 60_000, { cpus: 2 }), 10_000, 60_000), 0.5, 1.46);
});

test('one that would stand still does not while others leave enough idle', () => {
  const strict: BucketPolicy = { ...EIGHTH, hold: 'strict', threshold: 100 };
  expectShares(shares(shared([{ policy: strict, wants: always(1) }], 60_000, { cpus: 2 }), 10_000, 60_000), 1);
  const alone: BucketPolicy = { ...QUARTER, hold: 'strict', threshold: 100 };
  expectShares(shares(shared([{ policy: alone, wants: always(1) }], 60_000, { cpus: 2 }), 10_000, 60_000), 0.25);
});

test('when the driver dies all are at their rates', () => {
  const both = [
    { policy: EIGHTH, wants: always(1) },
    { policy: FOURTH, wants: always(1) },
  ];
  const { quotaUs } = planCpu(EIGHTH, 1).quota;
  for (const used of shared(both, 60_000, { cpus: 1, diesAtMs: 30_000 }).used)
    expect(sum(used.slice(30_000))).toBeLessThanOrEqual(0.25 * 30_000 * MS + 2 * quotaUs);
});

test('guests without a share of it are driven as if it were not there', () => {
  const deep: BucketPolicy = { ...QUARTER, size: 4000 };
  const wants = (ms: number) => (ms % 3000 < 2000 ? 1 : 0);
  const { used, givenUs } = shared([{ policy: deep, wants }], 30_000, { cpus: 2 });
  expect(used).toEqual([run(deep, 30_000, { wants })]);
  expect(givenUs).toEqual([0]);
});

const loads = fc.array(fc.constantFrom(0, 0.3, 1, 2), { minLength: 1, maxLength: 8 });

law(
  'no more is used than the rate, what was given of what others leave idle, and one grant',
  fc.record({
    rate: fc.integer({ min: 1, max: 8 }),
    hold: fc.constantFrom('smooth' as const, 'strict' as const),
    loads: fc.tuple(loads, loads, loads),
  }),
  ({ rate, hold, loads: [one, other, third] }) => {
    const policy: BucketPolicy = { ...EIGHTH, rate, interval: 16, threshold: 100, hold };
    const wants = (load: readonly number[]) => (ms: number) => load[Math.floor(ms / 1500) % load.length] ?? 0;
    const held = [one, other].map((load) => ({ policy, wants: wants(load), start: EMPTY }));
    const { used, givenUs } = shared([...held, { wants: wants(third) }], 12_000, { cpus: 2 });
    const { quotaUs } = planCpu(policy, 2).quota;
    for (const at of [0, 1]) {
      const mostUs = (rate / 16) * 12_000 * MS + (givenUs[at] ?? 0) + Math.max(quotaUs, 100 * MS) + 2 * MS;
      expect(sum(used[at] ?? [])).toBeLessThanOrEqual(mostUs);
    }
  },
  60,
);

const members: fc.Arbitrary<readonly IdleMember[]> = fc.array(
  fc.record({
    wants: fc.boolean(),
    share: fc.double({ min: 0.001, max: 100, noNaN: true }),
    creditUs: fc.integer({ min: 0, max: 300_000 }),
    usedUs: fc.integer({ min: 0, max: 200_000 }),
    leastUs: fc.integer({ min: 1, max: 250_000 }),
  }),
  { maxLength: 6 },
);
const looks = fc.record({
  cpus: fc.integer({ min: 1, max: 64 }),
  elapsedUs: fc.integer({ min: 1, max: 10_000_000 }),
  idleUs: fc.integer({ min: 0, max: 10_000_000 }),
});
const lacking = fc.integer({ min: 0, max: 100_000 });

law(
  'no more is given than was idle, or used of what was given, nor more than lasts until the next look',
  fc.tuple(looks, members, lacking),
  ([host, all, lackingUs]) => {
    const { creditsUs } = shareIdle(host, all, lackingUs);
    const given = creditsUs.map((us, at) => us - (all[at]?.creditUs ?? 0));
    const spareUs = host.idleUs + all.reduce((us, { usedUs }) => us + usedUs, 0);
    const lastingUs = (spareUs * IDLE_STEP_US) / Math.max(IDLE_STEP_US, host.elapsedUs);
    expect(given.reduce((us, one) => us + one, 0)).toBeLessThanOrEqual(Math.min(spareUs, lastingUs));
    for (const [at, us] of given.entries()) {
      expect(us).toBeGreaterThanOrEqual(0);
      if (!all[at]?.wants) expect(us).toBe(0);
    }
  },
);

law('where nothing is idle and nothing of it used, nothing is given', fc.tuple(looks, members), ([host, all]) => {
  const still = all.map((member) => ({ ...member, usedUs: 0 }));
  const { creditsUs } = shareIdle({ ...host, idleUs: 0 }, still, 0);
  expect(creditsUs).toEqual(still.map(({ creditUs }) => creditUs));
});

law('when all want it and none has enough, each is given its share', fc.tuple(looks, members), ([host, all]) => {
  const wanting = all.map((member) => ({ ...member, wants: true, creditUs: 0 }));
  const { creditsUs } = shareIdle(host, wanting, 0);
  const hasRoom = wanting.every(({ leastUs }, at) => (creditsUs[at] ?? 0) < leastUs + host.cpus * IDLE_STEP_US - 1);
  if (!hasRoom) return;
  const [shares, given] = [wanting.reduce((sum, { share }) => sum + share, 0), creditsUs.reduce((a, b) => a + b, 0)];
  for (const [at, us] of creditsUs.entries())
    expect(Math.abs(us - (given * (wanting[at]?.share ?? 0)) / shares)).toBeLessThanOrEqual(wanting.length + 1);
});

law(
  'while others want all that there is, what is used of it is nothing soon',
  fc.tuple(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 0, max: 1000 })),
  ([cpus, permille]) => {
    let usedUs = (cpus * IDLE_STEP_US * permille) / 1000;
    let lackingUs = 0;
    for (let step = 0; step < 50; step += 1) {
      const member = { wants: true, share: 1, creditUs: 0, usedUs, leastUs: 1 };
      const next = shareIdle({ cpus, elapsedUs: IDLE_STEP_US, idleUs: 0 }, [member], lackingUs);
      expect(next.creditsUs[0]).toBeLessThanOrEqual(usedUs);
      [usedUs, lackingUs] = [next.creditsUs[0] ?? 0, next.lackingUs];
    }
    expect(usedUs).toBe(0);
  },
);
