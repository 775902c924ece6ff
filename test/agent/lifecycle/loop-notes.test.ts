import { expect, test } from 'vitest';
import { loopNotes } from '../../../src/agent/lifecycle/loop-notes.ts';
import { atRest, handClock } from '../../fakes/clock.ts';

test('guests are noted one after another, and once more where something has changed meanwhile', async () => {
  const clock = handClock();
  const noted: string[] = [];
  const ends: (() => void)[] = [];
  const note = (guest: string) => {
    noted.push(guest);
    return new Promise<void>((resolve) => ends.push(resolve));
  };
  const changed = loopNotes(clock, () => ['db', 'web'], note);
  changed();
  changed();
  await atRest();
  expect(noted).toEqual(['db']);
  changed();
  await clock.pass(60_000);
  expect(noted).toEqual(['db']);
  for (let times = 0; times < 8; times += 1) {
    ends.shift()?.();
    await clock.pass(10_000);
  }
  expect(noted).toEqual(['db', 'web', 'db', 'web']);
});
