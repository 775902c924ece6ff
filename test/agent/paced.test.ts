import { expect, test } from 'vitest';
import { paced } from '../../src/agent/paced.ts';
import { handClock } from '../fakes/clock.ts';

function counted() {
  const clock = handClock();
  const runs: number[] = [];
  return { clock, runs, ask: paced(clock, 100, () => runs.push(clock.now() - 1_000)) };
}

test('what is asked for runs at once, and once for all who ask together', async () => {
  const { clock, runs, ask } = counted();
  ask();
  ask();
  await clock.pass(1_000);
  expect(runs).toEqual([0]);
});

test('however often it is asked for, it rests in between, and runs after the last time', async () => {
  const { clock, runs, ask } = counted();
  for (let time = 0; time < 25; time += 1) {
    ask();
    await clock.pass(10);
  }
  await clock.pass(1_000);
  expect(runs).toEqual([0, 100, 200, 300]);
  ask();
  await clock.pass(0);
  expect(runs.at(-1)).toBe(1_250);
});

test('what is asked for while it runs is not lost', async () => {
  const clock = handClock();
  let runs = 0;
  const ask = paced(clock, 100, () => {
    runs += 1;
    if (runs === 1) ask();
  });
  ask();
  await clock.pass(1_000);
  expect(runs).toBe(2);
});
