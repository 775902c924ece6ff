import { expect, test } from 'vitest';
import { Stopwatch, timed } from '../../../src/agent/metrics/stopwatch.ts';
import { handClock } from '../../fakes/clock.ts';

test('what took exactly a bound is within it, and what took longer than all is counted too', () => {
  const stopwatch = new Stopwatch();
  for (const seconds of [0.001, 0.0011, 0.0025, 10, 11]) stopwatch.took(seconds);
  const { bounds, counts, sum } = stopwatch.durations();
  expect(bounds.slice(0, 2)).toEqual([0.001, 0.0025]);
  expect(counts).toEqual([1, 2, ...bounds.slice(3).map(() => 0), 1, 1]);
  expect(sum).toBeCloseTo(21.0046);
});

test('a pass is timed, also one that throws, and answers what it answers', async () => {
  const clock = handClock();
  const stopwatch = new Stopwatch();
  const slow = timed(
    async (guest) => {
      await clock.pass(40);
      if (guest === 'bad') throw new Error('our own');
      return 4711;
    },
    clock,
    stopwatch,
  );
  expect(await slow('web1')).toBe(4711);
  await expect(slow('bad')).rejects.toThrow('our own');
  expect(stopwatch.durations().sum).toBeCloseTo(0.08);
});

test('how long the one goes on that began first is known, until it ends', async () => {
  const clock = handClock();
  const stopwatch = new Stopwatch();
  const passes = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const wait = timed(async (guest) => void (await passes[Number(guest)]?.promise), clock, stopwatch);
  const first = wait('0');
  await clock.pass(500);
  const second = wait('1');
  await clock.pass(500);
  expect(stopwatch.longestMs(clock.now())).toBe(1000);
  passes[0]?.resolve();
  await first;
  expect(stopwatch.longestMs(clock.now())).toBe(500);
  passes[1]?.resolve();
  await second;
  expect(stopwatch.longestMs(clock.now())).toBe(0);
});
