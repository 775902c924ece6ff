import { expect, test } from 'vitest';
import { Refresher } from '../../../src/agent/metrics/refresher.ts';
import { atRest, handClock } from '../../fakes/clock.ts';

/** A host whose guests take so long to be read. */
function hostOf(guests: readonly string[], costMs: number) {
  const clock = handClock();
  const readAt = new Map<string, number>();
  const reread: string[] = [];
  let spent = 0;
  const now = () => clock.now() + spent;
  const limiter = {
    readAt: (guest: string) => readAt.get(guest),
    reread(guest: string) {
      reread.push(guest);
      spent += costMs;
      readAt.set(guest, now());
    },
  };
  const refresher = new Refresher({ ...clock, now }, limiter, () => guests);
  return { refresher, clock, readAt, reread };
}

test('every guest that runs is read once, and not again while that is fresh', async () => {
  const { refresher, reread, clock } = hostOf(['web1', 'web2'], 0);
  await refresher.refresh();
  expect(reread.toSorted()).toEqual(['web1', 'web2']);
  await clock.pass(4999);
  await refresher.refresh();
  expect(reread).toHaveLength(2);
  await clock.pass(2);
  await refresher.refresh();
  expect(reread).toHaveLength(4);
});

test('whose reading is the oldest is read first, and before all who was never read', async () => {
  const { refresher, reread, readAt, clock } = hostOf(['young', 'old', 'never'], 0);
  readAt.set('young', clock.now() + 1000);
  readAt.set('old', clock.now());
  await clock.pass(10_000);
  await refresher.refresh();
  expect(reread).toEqual(['never', 'old', 'young']);
});

const MANY = Array.from({ length: 100 }, (_, at) => `web${at}`);

test('nobody waits for all of many, and the rest is read on', async () => {
  const { refresher, reread } = hostOf(MANY, 1);
  await refresher.refresh();
  expect(reread).toHaveLength(25);
  await refresher.readOn();
  expect(reread).toHaveLength(100);
  expect(new Set(reread).size).toBe(100);
});

test('between a few of them is room for others', async () => {
  const { refresher, reread } = hostOf(MANY, 1);
  const reading = refresher.refresh();
  expect(reread).toHaveLength(5);
  await atRest();
  expect(reread.length).toBeLessThan(20);
  await reading;
});

test('who asks ends the reading for who asked before: it is not done twice at once', async () => {
  const { refresher, reread } = hostOf(MANY, 1);
  const rest = refresher.readOn();
  await refresher.refresh();
  await rest;
  expect(reread.length).toBeLessThan(40);
  expect(new Set(reread).size).toBe(reread.length);
});
