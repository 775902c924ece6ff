import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/linux/clock.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { handClock } from '../fakes/clock.ts';

interface Side {
  readonly clock: Clock;
  pass(ms: number): Promise<unknown>;
}

const sides: readonly (readonly [string, () => Side])[] = [
  ['the clock that a test moves', () => handSide()],
  ["the system's clock", () => ({ clock: systemClock, pass: (ms) => pause(ms + 5) })],
];

describe.each(sides)('%s', (_name, side) => {
  test('goes on by what has passed', async () => {
    const { clock, pass } = side();
    const before = clock.now();
    await pass(20);
    expect(clock.now() - before).toBeGreaterThanOrEqual(20);
  });

  test('gives the calendar with milliseconds, for people', () => {
    expect(side().clock.calendar()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test('wakes once, and not before its time', async () => {
    const { clock, pass } = side();
    const at = clock.now() + 20;
    const woken: number[] = [];
    clock.wake(at, () => woken.push(clock.now()));
    await pass(0);
    expect(woken.filter((when) => when < at)).toEqual([]);
    await pass(20);
    await pass(20);
    expect(woken).toHaveLength(1);
    expect(woken[0]).toBeGreaterThanOrEqual(at);
  });

  test('wakes for the earlier before the later, whatever was asked first', async () => {
    const { clock, pass } = side();
    const now = clock.now();
    const woken: string[] = [];
    clock.wake(now + 20, () => woken.push('later'));
    clock.wake(now + 5, () => woken.push('earlier'));
    await pass(40);
    expect(woken).toEqual(['earlier', 'later']);
  });

  test('wakes soon for a time that is over, but never before wake() has returned', async () => {
    const { clock, pass } = side();
    let woken = false;
    clock.wake(clock.now() - 1_000, () => {
      woken = true;
    });
    expect(woken).toBe(false);
    await pass(0);
    expect(woken).toBe(true);
  });

  test('does not wake who has cancelled, and cancelling twice harms nobody', async () => {
    const { clock, pass } = side();
    const woken: string[] = [];
    const cancel = clock.wake(clock.now() + 5, () => woken.push('cancelled'));
    clock.wake(clock.now() + 5, () => woken.push('other'));
    cancel();
    cancel();
    await pass(20);
    expect(woken).toEqual(['other']);
  });

  test('does not wake today for what is a year away', async () => {
    const { clock, pass } = side();
    let woken = false;
    const cancel = clock.wake(clock.now() + 365 * 24 * 3_600_000, () => {
      woken = true;
    });
    await pass(20);
    cancel();
    expect(woken).toBe(false);
  });
});

function handSide(): Side {
  const clock = handClock();
  return { clock, pass: clock.pass };
}
