import { expect, test } from 'vitest';
import { SteadyCalendar } from '../../../src/agent/alerts/steady-calendar.ts';
import { setClock } from './set-clock.ts';

test('it goes on as the monotonic clock does, whatever the calendar is set to', async () => {
  const clock = setClock();
  const calendar = new SteadyCalendar(clock);
  const begin = calendar.now();
  expect(begin).toBe(Date.parse(clock.calendar()));
  await clock.pass(5000);
  clock.set(3_600_000);
  expect(calendar.now()).toBe(begin + 5000);
  expect([calendar.step(), calendar.step()]).toEqual([3_600_000, 0]);
  expect(calendar.now()).toBe(begin + 3_605_000);
});

test('a calendar that is only read a moment later was not set', () => {
  const clock = setClock();
  const calendar = new SteadyCalendar(clock);
  clock.set(-999);
  expect(calendar.step()).toBe(0);
  clock.set(-1);
  expect(calendar.step()).toBe(-1000);
});
