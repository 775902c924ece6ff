import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FROZEN_MS, letGo, NO_THRASH, type Thrash, type ThrashStep, thrashed } from '../../src/limits/thrash.ts';
import type { ThrashPolicy } from '../../src/model/policy.ts';
import { law } from '../devices/law.ts';

const MiB = 2 ** 20;
const FREEZE: ThrashPolicy = { action: 'freeze', pressure: 0.6, hits: 100, forMs: 10_000, headroom: 64 * MiB };
const PLENTY = 1024 * MiB;

/** What a guest does for so many seconds. */
interface Stretch {
  readonly seconds: number;
  readonly hitsASecond: number;
  readonly stall: number;
}

interface Moment {
  readonly atMs: number;
  readonly hits: number;
  readonly stall: number;
  readonly step: ThrashStep;
  readonly thrash: Thrash;
}

/** Looks whenever the law wants to, and `late` by so many milliseconds. */
function story(stretches: readonly Stretch[], policy = FREEZE, spareBytes = PLENTY, late = 0): readonly Moment[] {
  const moments: Moment[] = [];
  let [thrash, atMs, hits, endsMs, lookAt]: [Thrash, number, number, number, number] = [NO_THRASH, 0, 0, 0, 0];
  for (const { seconds, hitsASecond, stall } of stretches) {
    endsMs += seconds * 1000;
    for (; atMs < endsMs; atMs += 100) {
      // Who is frozen comes to no limit.
      if (thrash.frozenAt === undefined) hits += hitsASecond / 10;
      if (atMs < lookAt + late) continue;
      const next = thrashed(thrash, policy, { atMs, hits, stall }, spareBytes);
      thrash = next.thrash;
      lookAt = next.wakeAt ?? Number.POSITIVE_INFINITY;
      moments.push({ atMs, hits, stall, step: next.step, thrash });
    }
  }
  return moments;
}

const thrashing = (seconds: number): Stretch => ({ seconds, hitsASecond: 500, stall: 0.8 });
const calm = (seconds: number): Stretch => ({ seconds, hitsASecond: 0, stall: 0 });

function stepsOf(moments: readonly Moment[]): readonly string[] {
  return moments.flatMap(({ step, atMs }) => (step === 'none' ? [] : [`${atMs / 1000} ${step}`]));
}

describe('a guest that does nothing but wait for its own memory', () => {
  test('is frozen after ten seconds, and goes on with more two seconds later', () => {
    const moments = story([thrashing(14), calm(5)]);
    expect(stepsOf(moments)).toEqual(['11 freeze', '13 thaw']);
    expect(moments.at(-1)?.thrash.extraBytes).toBe(64 * MiB);
    expect(moments.find(({ step }) => step === 'freeze')?.thrash.isTold).toBe(true);
  });

  test('goes on with what it has where the host can spare nothing', () => {
    const moments = story([thrashing(14), calm(5)], FREEZE, 63 * MiB);
    expect(stepsOf(moments)).toEqual(['11 freeze', '13 thaw']);
    expect(moments.at(-1)?.thrash.extraBytes).toBe(0);
  });

  test('is frozen three times in an hour, and then only told of', () => {
    const moments = story([thrashing(300)]);
    expect(moments.filter(({ step }) => step === 'freeze')).toHaveLength(3);
    expect(moments.at(-1)?.thrash).toMatchObject({ isTold: true, extraBytes: 3 * 64 * MiB });
    const later = story([thrashing(60), calm(3_600), thrashing(20)]);
    expect(later.filter(({ step }) => step === 'freeze')).toHaveLength(4);
  });

  test('is frozen when it thrashes as much as its policy says, and as long', () => {
    const some: Stretch = { seconds: 10, hitsASecond: 40, stall: 0.3 };
    const policy: ThrashPolicy = { ...FREEZE, pressure: 0.25, hits: 30, forMs: 3_000 };
    expect(stepsOf(story([some], policy))).toEqual(['4 freeze', '6 thaw']);
    expect(stepsOf(story([some]))).toEqual([]);
  });

  test('is never frozen where it is only to be told of', () => {
    const moments = story([thrashing(60)], { ...FREEZE, action: 'alert' });
    expect(stepsOf(moments)).toEqual([]);
    expect(moments.at(-1)?.thrash.isTold).toBe(true);
  });

  test('has its limit again after a minute of calm, and is told of no more after ten seconds', () => {
    const moments = story([thrashing(14), calm(90)]);
    const at = (seconds: number) => moments.findLast(({ atMs }) => atMs <= seconds * 1000)?.thrash;
    expect(at(22)?.isTold).toBe(true);
    expect(at(28)?.isTold).toBe(false);
    expect(at(70)?.extraBytes).toBe(64 * MiB);
    expect(at(90)?.extraBytes).toBe(0);
  });

  test('that is needed now is not frozen again for what was seen before', () => {
    const { thrash } = thrashed({ ...NO_THRASH, frozenAt: 500 }, FREEZE, { atMs: 600, hits: 0, stall: 0.9 }, PLENTY);
    expect(letGo(thrash)).toEqual(NO_THRASH);
  });
});

test.each([
  ['comes to its limit often and waits for nothing', { seconds: 60, hitsASecond: 5_000, stall: 0.1 }],
  ['waits for what others take from it', { seconds: 60, hitsASecond: 0, stall: 0.9 }],
  ['comes to its limit now and then', { seconds: 60, hitsASecond: 100, stall: 0.9 }],
  ['waits in 60 percent of the time', { seconds: 60, hitsASecond: 500, stall: 0.6 }],
])('a guest that %s is left alone', (_, stretch) => {
  expect(stepsOf(story([stretch]))).toEqual([]);
  expect(story([stretch]).some(({ thrash }) => thrash.isTold)).toBe(false);
});

test('a guest that thrashes for nine seconds at a time is left alone', () => {
  const waves = Array.from({ length: 10 }, () => [thrashing(9), calm(2)]).flat();
  expect(stepsOf(story(waves))).toEqual([]);
});

const stretches = fc.array(
  fc.oneof(
    fc.integer({ min: 1, max: 40 }).map(thrashing),
    fc.integer({ min: 1, max: 90 }).map(calm),
    fc.record({
      seconds: fc.integer({ min: 1, max: 30 }),
      hitsASecond: fc.constantFrom(0, 50, 99, 101, 1_000),
      stall: fc.constantFrom(0, 0.59, 0.61, 1),
    }),
  ),
  { minLength: 1, maxLength: 12 },
);
const policies = fc.record({
  action: fc.constantFrom('freeze' as const, 'freeze' as const, 'alert' as const),
  pressure: fc.constantFrom(0.3, 0.6, 0.85),
  hits: fc.constantFrom(20, 100, 1_000),
  forMs: fc.constantFrom(1_000, 10_000, 30_000),
  headroom: fc.constantFrom(16 * MiB, 64 * MiB),
});
const stories = fc.tuple(stretches, policies, fc.constantFrom(0, 32 * MiB, PLENTY), fc.integer({ min: 0, max: 3_000 }));

law(
  'nobody is frozen without being told of, or for longer than looks are late, and everybody is thawed',
  stories,
  (drawn) => {
    const [load, policy, spareBytes, late] = drawn;
    let frozenAt: number | undefined;
    for (const { step, atMs, thrash } of story([...load, calm(10)], policy, spareBytes, late)) {
      if (step === 'freeze') {
        expect(frozenAt).toBeUndefined();
        expect(thrash.isTold).toBe(true);
        expect(policy.action).toBe('freeze');
        frozenAt = atMs;
      }
      if (frozenAt !== undefined) expect(atMs - frozenAt).toBeLessThanOrEqual(FROZEN_MS + late + 100);
      if (step === 'thaw') {
        expect(frozenAt).toBeDefined();
        frozenAt = undefined;
      }
      expect(thrash.frozenAt).toBe(frozenAt);
    }
    expect(frozenAt).toBeUndefined();
  },
);

law(
  'nobody is frozen without as much of it as the policy says, more than three times an hour, or given what the host lacks',
  stories,
  (drawn) => {
    const [load, policy, spareBytes, late] = drawn;
    const moments = story(load, policy, spareBytes, late);
    const freezes = moments.filter(({ step }) => step === 'freeze');
    for (const { atMs, hits } of freezes) {
      expect(freezes.filter((one) => one.atMs <= atMs && atMs - one.atMs < 3_600_000).length).toBeLessThanOrEqual(3);
      const lately = moments.filter((one) => one.atMs <= atMs && one.atMs >= atMs - policy.forMs);
      expect(lately.every(({ stall }) => stall > policy.pressure)).toBe(true);
      const [first = atMs] = lately.map((one) => one.atMs);
      if (first < atMs) expect(hits - (lately[0]?.hits ?? 0)).toBeGreaterThan((policy.hits * (atMs - first)) / 1000);
    }
    for (const { thrash } of moments) {
      expect(thrash.extraBytes).toBeLessThanOrEqual(3 * policy.headroom);
      if (spareBytes < policy.headroom) expect(thrash.extraBytes).toBe(0);
    }
  },
);
