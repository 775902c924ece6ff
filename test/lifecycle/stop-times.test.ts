import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectedStopMs, knownFrom, stopTimes, withStop } from '../../src/lifecycle/stop-times.ts';
import { NO_HISTORY } from '../../src/model/guest-history.ts';
import { law } from '../devices/law.ts';

const historyOf = (...tookMs: readonly number[]) =>
  tookMs.reduce((history, ms, at) => withStop(history, { at, tookMs: ms, killed: false }), NO_HISTORY);

test('a guest that was never stopped may need all its time', () => {
  expect(expectedStopMs(NO_HISTORY, 60_000)).toBe(60_000);
});

test('one that had to be killed needs all its time', () => {
  expect(expectedStopMs(withStop(historyOf(100), { at: 9, tookMs: 5000, killed: true }), 60_000)).toBe(60_000);
});

test('one whose end nobody saw, or that nothing could end, says nothing of the next', () => {
  const away = { at: 9, tookMs: 3_600_000, killed: false, isNoMeasure: true } as const;
  expect(expectedStopMs(withStop(historyOf(100, 200), away), 60_000)).toBe(200);
  expect(expectedStopMs(withStop(historyOf(), away), 60_000)).toBe(60_000);
  expect(stopTimes(withStop(historyOf(100, 200), away))).toEqual({
    count: 3,
    killed: 0,
    lastMs: 3_600_000,
    mostMs: 200,
  });
  expect(stopTimes(withStop(historyOf(), away))).toMatchObject({ mostMs: 3_600_000 });
});

test('a time that is the timeout since stops were killed is not known from those that were not', () => {
  const killed = { at: 9, tookMs: 60_100, killed: true };
  const twoOfTen = [killed, killed].reduce(withStop, historyOf(...Array.from({ length: 8 }, () => 500)));
  expect(knownFrom(twoOfTen, 60_000)).toEqual({ learned: 0, killed: 2, known: 10 });
  const oneOfTwenty = withStop(historyOf(...Array.from({ length: 19 }, () => 500)), killed);
  expect([expectedStopMs(oneOfTwenty, 60_000), knownFrom(oneOfTwenty, 60_000)]).toEqual([500, { learned: 20 }]);
  expect(knownFrom(historyOf(100, 200), 60_000)).toEqual({ learned: 2 });
  expect(knownFrom(NO_HISTORY, 60_000)).toEqual({ learned: 0 });
  const away = { at: 9, tookMs: 3_600_000, killed: true, isNoMeasure: true } as const;
  expect(knownFrom(withStop(NO_HISTORY, away), 60_000)).toEqual({ learned: 0 });
});

test('only the last twenty count', () => {
  expect(expectedStopMs(historyOf(90_000, ...Array.from({ length: 20 }, () => 500)), 60_000)).toBe(500);
});

test('what is told of the stops that were is the last one, what most took, and how many ended with a kill', () => {
  expect(stopTimes(NO_HISTORY)).toBeUndefined();
  const killed = withStop(historyOf(100, 300), { at: 9, tookMs: 200, killed: true });
  expect(stopTimes(killed)).toEqual({ count: 3, killed: 1, lastMs: 200, mostMs: 300 });
});

law(
  'of twenty stops one at most took longer, and it was one of them',
  fc.array(fc.nat(100_000), { minLength: 1, maxLength: 20 }),
  (times) => {
    const expected = expectedStopMs(historyOf(...times), 60_000);
    expect(times).toContain(expected);
    expect(times.filter((ms) => ms > expected).length).toBeLessThanOrEqual(times.length / 20);
  },
);
