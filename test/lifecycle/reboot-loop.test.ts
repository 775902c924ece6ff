import fc from 'fast-check';
import { expect, test } from 'vitest';
import { released } from '../../src/lifecycle/crash-loop.ts';
import { rebooted } from '../../src/lifecycle/reboot-loop.ts';
import { type GuestHistory, NO_HISTORY } from '../../src/model/guest-history.ts';
import type { RebootSettings } from '../../src/model/lifecycle.ts';
import { law } from '../devices/law.ts';

const HOUR_MS = 3_600_000;
const pauses = fc.array(fc.integer({ min: 0, max: HOUR_MS }), { maxLength: 60 });
const bounds = fc.record({
  budget: fc.integer({ min: 1, max: 50 }),
  withinMs: fc.integer({ min: 1, max: HOUR_MS }),
});

/** Each reboot with what became of it; as stored in between. */
function loop(settings: RebootSettings | 'off' | undefined, times: readonly number[]) {
  let history: GuestHistory = NO_HISTORY;
  return times.map((at) => {
    const after = rebooted(history, settings, at);
    history = JSON.parse(JSON.stringify(after.history));
    return { at, ...after };
  });
}

function timesOf(drawn: readonly number[]): readonly number[] {
  let now = 10 * HOUR_MS;
  return drawn.map((pause) => {
    now += pause;
    return now;
  });
}

law(
  'a guest is stopped by the first reboot that is one too many, and by no other',
  fc.tuple(bounds, pauses),
  (drawn) => {
    const [settings, drawnPauses] = drawn;
    const times = timesOf(drawnPauses);
    for (const [index, { at, isUnwanted, history }] of loop(settings, times).entries()) {
      const count = times.slice(0, index + 1).filter((other) => other > at - settings.withinMs).length;
      expect(isUnwanted).toBe(count > settings.budget);
      if (!isUnwanted) continue;
      expect(history).toMatchObject({ isQuarantined: true, quarantinedFor: { reboots: count } });
      break;
    }
  },
);

law('one whose file says nothing is never stopped, and told of once for as long as it goes on', pauses, (drawn) => {
  const times = timesOf(drawn);
  let wasOften = false;
  for (const [index, { at, isUnwanted, isOften, history }] of loop(undefined, times).entries()) {
    const count = times.slice(0, index + 1).filter((other) => other > at - HOUR_MS).length;
    expect([isUnwanted, history.isQuarantined]).toEqual([false, false]);
    expect(isOften !== undefined).toBe(count > 10 && !wasOften);
    wasOften = count > 10;
  }
});

test('one that may not reboot is stopped each time, and is not in quarantine', () => {
  const [first, second] = loop('off', [1, 2]);
  expect([first?.isUnwanted, second?.isUnwanted]).toEqual([true, true]);
  expect(second?.history).toMatchObject({ isQuarantined: false, reboots: [1, 2] });
});

test('a calendar that is set back forgets what has not been yet', () => {
  const settings = { budget: 2, withinMs: HOUR_MS };
  const ends = loop(settings, [9e12, 9e12 + 1, 1e12, 1e12 + 1]);
  expect(ends.map(({ isUnwanted }) => isUnwanted)).toEqual([false, false, false, false]);
});

test('whoever starts it lets it reboot as often as at first', () => {
  const settings = { budget: 1, withinMs: HOUR_MS };
  const history = loop(settings, [1000, 2000]).at(-1)?.history ?? NO_HISTORY;
  expect(released(history)).toEqual({ ...NO_HISTORY, reboots: [] });
  expect(rebooted(released(history), settings, 3000).isUnwanted).toBe(false);
});
