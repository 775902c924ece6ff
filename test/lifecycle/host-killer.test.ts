import fc from 'fast-check';
import { expect } from 'vitest';
import { FIRST_MOMENTS_MS, heldForTheHost, hostKiller } from '../../src/lifecycle/host-killer.ts';
import { withEnd, withLasted, withoutRun, withRun } from '../../src/lifecycle/runs.ts';
import { type GuestHistory, NO_HISTORY } from '../../src/model/guest-history.ts';
import { law } from '../devices/law.ts';

type Histories = Map<string, GuestHistory>;

/** When each is started after the host, in milliseconds, by name. */
const guests = fc
  .array(fc.integer({ min: 0, max: 3 * FIRST_MOMENTS_MS }), { minLength: 1, maxLength: 8 })
  .map((delays) => delays.map((delay, index) => ({ name: `g${index}`, delay: delay * 10 + index })));
type Guests = typeof guests extends fc.Arbitrary<infer Value> ? Value : never;

/** One start of the host, which lives for so long. What has been started when it dies is in the histories as stored. */
function boot(histories: Histories, started: Guests, number: number, livesMs: number): readonly string[] {
  const bootId = `boot${number}`;
  const bootAt = number * 1e9;
  for (const [name, history] of histories) histories.set(name, withoutRun(history, bootId, bootAt));
  const held = hostKiller(histories, bootId);
  if (held !== undefined) histories.set(held, heldForTheHost(histories.get(held) ?? NO_HISTORY));
  for (const { name, delay } of started) {
    const history = histories.get(name) ?? NO_HISTORY;
    if (history.isQuarantined || delay > livesMs) continue;
    const run = { instance: `${number}:${name}`, bootId };
    const begun = withRun(history, run, bootAt + delay);
    const after = livesMs - delay >= FIRST_MOMENTS_MS ? withLasted(begun, run) : begun;
    histories.set(name, JSON.parse(JSON.stringify(after)));
  }
  return held === undefined ? [] : [held];
}

function newHistories(started: Guests): Histories {
  return new Map(started.map(({ name }) => [name, NO_HISTORY]));
}

law(
  'a guest that the host dies of is held in the end, one a death, and others of those started before it are not',
  fc.tuple(guests, fc.nat(7), fc.integer({ min: 0, max: FIRST_MOMENTS_MS - 1 })),
  ([started, index, diesAfterMs]) => {
    const killer = started[index % started.length];
    if (killer === undefined) return;
    const histories = newHistories(started);
    const isHeld = () => histories.get(killer.name)?.isQuarantined === true;
    const diesAt = killer.delay + diesAfterMs;
    let deaths = 0;
    while (!isHeld()) {
      expect(boot(histories, started, deaths, diesAt).length).toBeLessThanOrEqual(1);
      if (isHeld()) break;
      deaths += 1;
      expect(deaths).toBeLessThanOrEqual(started.length + 2);
    }
    const before = started.filter(({ delay }) => delay < killer.delay);
    for (const { name } of before) expect(histories.get(name)?.isQuarantined).toBe(false);
  },
);

law(
  'a host that dies later, however often, or whose guests were stopped, has none of them held',
  fc.tuple(guests, fc.boolean()),
  ([started, isStopped]) => {
    const histories = newHistories(started);
    const last = Math.max(...started.map(({ delay }) => delay));
    for (let number = 0; number < 5; number += 1) {
      const held = boot(histories, started, number, last + (isStopped ? 1 : FIRST_MOMENTS_MS));
      expect(held).toEqual([]);
      if (!isStopped) continue;
      for (const [name, history] of histories) histories.set(name, withEnd(history, 'stopped', number * 1e9 + 1));
    }
  },
);

law('nobody is held for two deaths between which it lasted once', guests, (started) => {
  const histories = newHistories(started);
  const last = Math.max(...started.map(({ delay }) => delay));
  for (const [number, livesMs] of [last, last + FIRST_MOMENTS_MS, last, last + FIRST_MOMENTS_MS].entries())
    expect(boot(histories, started, number, livesMs)).toEqual([]);
});
