import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crashed, released } from '../../src/lifecycle/crash-loop.ts';
import { type GuestHistory, NO_HISTORY } from '../../src/model/guest-history.ts';
import type { CrashSettings } from '../../src/model/lifecycle.ts';
import { law } from '../devices/law.ts';

const USUAL: CrashSettings = { delayMs: 1000, mostMs: 300_000, stableMs: 600_000, budget: 10 };
const HOUR_MS = 3_600_000;

const loops = fc.tuple(
  fc.record({
    delayMs: fc.integer({ min: 1, max: 10_000 }),
    mostMs: fc.integer({ min: 10_000, max: 600_000 }),
    stableMs: fc.integer({ min: 1, max: HOUR_MS }),
    budget: fc.integer({ min: 1, max: 20 }),
  }),
  fc.array(
    fc.record({ ranMs: fc.integer({ min: 0, max: HOUR_MS }), chance: fc.double({ min: 0, max: 1, noNaN: true }) }),
    {
      maxLength: 60,
    },
  ),
);

test('restarts that a calendar which was set back has still to come are none of the last hour', () => {
  const restarts = Array.from({ length: USUAL.budget }, (_, index) => 10 * HOUR_MS + index);
  const after = crashed({ ...NO_HISTORY, restarts }, USUAL, { at: HOUR_MS, ranMs: 1000, chance: 0 });
  expect(after).toMatchObject({ restartAt: HOUR_MS + 1000, history: { isQuarantined: false } });
});

/** Each crash with the pause until its restart, until it is started no more. */
function loop([settings, runs]: typeof loops extends fc.Arbitrary<infer Value> ? Value : never) {
  const restarts: { readonly at: number; readonly pauseMs: number; readonly ranMs: number }[] = [];
  let history: GuestHistory = NO_HISTORY;
  let startedAt = 1_000_000;
  for (const { ranMs, chance } of runs) {
    const at = startedAt + ranMs;
    const after = crashed(history, settings, { at, ranMs, chance });
    history = after.history;
    if (after.restartAt === undefined) break;
    startedAt = after.restartAt;
    restarts.push({ at: startedAt, pauseMs: startedAt - at, ranMs });
  }
  return { restarts, history };
}

describe('a guest that crashes', () => {
  law('is never started more often in an hour than its budget', loops, (drawn) => {
    const { restarts } = loop(drawn);
    for (const { at } of restarts) {
      const lately = restarts.filter((other) => other.at > at - HOUR_MS && other.at <= at);
      expect(lately.length).toBeLessThanOrEqual(drawn[0].budget + 1);
    }
  });

  law('waits longer each time, up to the most, until it was stable', loops, (drawn) => {
    const [{ stableMs, mostMs, delayMs }] = drawn;
    const { restarts } = loop(drawn);
    for (const [index, { pauseMs, ranMs }] of restarts.entries()) {
      const before = restarts[index - 1]?.pauseMs ?? 0;
      expect(pauseMs).toBeLessThanOrEqual(mostMs);
      if (ranMs < stableMs) expect(pauseMs).toBeGreaterThanOrEqual(Math.min(before, mostMs));
      else expect(pauseMs).toBeLessThanOrEqual(Math.ceil(1.5 * delayMs));
    }
  });

  test('ten times within seconds, is left stopped, and stays so whatever comes', () => {
    const { restarts, history } = loop([USUAL, Array.from({ length: 20 }, () => ({ ranMs: 1000, chance: 0 }))]);
    expect(restarts.map(({ pauseMs }) => pauseMs)).toEqual([
      1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000,
    ]);
    expect(history.isQuarantined).toBe(true);
    const kept: GuestHistory = JSON.parse(JSON.stringify(history));
    expect(crashed(kept, USUAL, { at: 1e12, ranMs: 1, chance: 0 }).restartAt).toBeUndefined();
  });

  test('is as new when somebody starts it', () => {
    const { history } = loop([USUAL, Array.from({ length: 20 }, () => ({ ranMs: 1000, chance: 0 }))]);
    expect(crashed(released(history), USUAL, { at: 5e6, ranMs: 1, chance: 0 })).toMatchObject({ restartAt: 5_001_000 });
  });

  test('and is not to be started again, is counted', () => {
    const { history, restartAt } = crashed(NO_HISTORY, undefined, { at: 7, ranMs: 1, chance: 0 });
    expect([history.crashes, history.isQuarantined, restartAt]).toEqual([[7], false, undefined]);
  });
});
