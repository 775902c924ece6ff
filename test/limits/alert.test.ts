import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alertsAfter, NO_ALERTS, openAlerts } from '../../src/limits/alert.ts';
import type { AlertNotice, AlertReading, AlertRules, GuestAlerts } from '../../src/model/alert.ts';
import type { HitCounters, HitResource } from '../../src/model/hits.ts';
import { law } from '../devices/law.ts';

const S = 1_000;
const MIN = 60 * S;
const RULES: AlertRules = {
  alerts: {
    rss: { raise: 0.9, clear: 0.8, forMs: 30 * S },
    processes: { raise: 0.9, clear: 0.8, forMs: 30 * S },
    cpu: { raise: 0.7, clear: 0.5, forMs: MIN },
  },
  cooldownMs: 5 * MIN,
};
const START = 1_800_000_000_000;

/** A guest whose agent wakes when it has to, and is restarted between all looks. */
function watched(rules = RULES) {
  let state: GuestAlerts = NO_ALERTS;
  let wakeAt: number | undefined;
  let now = START;
  let is: AlertReading['guest'] = 'running';
  const notices: AlertNotice[] = [];
  const step = (at: number, reading: Partial<AlertReading>) => {
    now = at;
    const whole = { levels: {}, hits: {}, guest: 'running' as const, ...reading };
    is = whole.guest;
    const next = alertsAfter(JSON.parse(JSON.stringify(state)), 'web1', whole, rules, at);
    expect(next.wakeAt ?? Number.POSITIVE_INFINITY).toBeGreaterThan(at);
    state = next.state;
    wakeAt = next.wakeAt;
    notices.push(...next.notices);
    return next;
  };
  const sleepUntil = (at: number) => {
    while (wakeAt !== undefined && wakeAt <= at) step(wakeAt, { guest: is });
    now = at;
  };
  return {
    notices,
    state: () => state,
    /** A look so many ms after the start. */
    at(ms: number, reading: Partial<AlertReading>) {
      sleepUntil(START + ms - 1);
      return step(START + ms, reading).notices;
    },
    /** Nothing more comes. */
    rest: () => sleepUntil(now + 24 * 60 * MIN),
    told: () => notices.map(({ state: is, kind, resource, at }) => `${is} ${kind} ${resource} ${(at - START) / S}`),
  };
}

function wave(guest: ReturnType<typeof watched>, highMs: number, lowMs: number, periods: number): void {
  for (let period = 0; period < periods; period += 1) {
    guest.at(period * (highMs + lowMs), { levels: { rss: 0.95 } });
    guest.at(period * (highMs + lowMs) + highMs, { levels: { rss: 0.1 } });
  }
  guest.rest();
}

describe('a level', () => {
  test('that is high for long enough is told once, and its end when it has been low for a while', () => {
    const guest = watched();
    guest.at(0, { levels: { rss: 0.95 } });
    guest.at(29 * S, { levels: { rss: 0.92 } });
    guest.at(40 * S, { levels: { rss: 0.99 } });
    guest.at(60 * S, { levels: { rss: 0.85 } });
    guest.at(70 * S, { levels: { rss: 0.79 } });
    guest.rest();
    expect(guest.told()).toEqual(['firing limit rss 30', 'resolved limit rss 100']);
    expect(guest.notices).toMatchObject([
      { since: START, level: 0.92, hits: 0, severity: 'warning' },
      { since: START, lastAt: START + 70 * S, level: 0.79 },
    ]);
    guest.at(48 * 60 * MIN, { levels: { rss: 0.1 } });
    expect(guest.state().resources).toEqual({});
  });

  test('between the two thresholds neither raises nor clears', () => {
    const guest = watched();
    guest.at(0, { levels: { rss: 0.85 } });
    guest.at(10 * MIN, { levels: { rss: 0.9 } });
    guest.at(11 * MIN, { levels: { rss: 0.85 } });
    guest.rest();
    expect(guest.told()).toEqual(['firing limit rss 630']);
  });

  test('of a square wave, 5 s high and 5 s low for 10 min, is told to nobody', () => {
    const guest = watched();
    wave(guest, 5 * S, 5 * S, 60);
    expect(guest.told()).toEqual([]);
  });

  test('of a square wave, 40 s high and 40 s low, ten times, is told once, and once that it flaps', () => {
    const guest = watched();
    wave(guest, 40 * S, 40 * S, 10);
    expect(guest.told()).toEqual([
      'firing limit rss 30',
      'resolved limit rss 70',
      'firing flapping rss 190',
      `resolved flapping rss ${9 * 80 + 70 + 300}`,
    ]);
  });

  test('that stays high after it has flapped is an alert again', () => {
    const guest = watched();
    for (const at of [0, 80, 160]) {
      guest.at(at * S, { levels: { rss: 0.95 } });
      if (at < 160) guest.at((at + 40) * S, { levels: { rss: 0.1 } });
    }
    guest.rest();
    expect(guest.told().slice(2)).toEqual([
      'firing flapping rss 190',
      'resolved flapping rss 490',
      'firing limit rss 490',
    ]);
  });

  test('that was high when the agent ended and is not when it starts was told to nobody', () => {
    const high = alertsAfter(NO_ALERTS, 'web1', { levels: { rss: 1 }, hits: {}, guest: 'running' }, RULES, START);
    expect(high).toMatchObject({ wakeAt: START + 30 * S, state: { resources: { rss: { phase: 'pending' } } } });
    const later = { levels: { rss: 0.1 }, hits: {}, guest: 'running' } as const;
    expect(alertsAfter(high.state, 'web1', later, RULES, START + MIN).notices).toEqual([]);
  });

  test('of CPU time is told when it is as high as the policy says, and no sooner', () => {
    const guest = watched();
    guest.at(0, { levels: { cpu: 0.69 } });
    guest.at(5 * MIN, { levels: { cpu: 0.7 } });
    guest.at(8 * MIN, { levels: { cpu: 0.4 } });
    guest.rest();
    expect(guest.told()).toEqual(['firing limit cpu 360', 'resolved limit cpu 510']);
  });

  test('of a resource without a policy is nothing', () => {
    const guest = watched();
    guest.at(0, { levels: { as: 1 } });
    guest.rest();
    expect([guest.told(), guest.state().resources]).toEqual([[], {}]);
  });
});

describe('hits', () => {
  test('of processes are one alert whose end says how many there were, however many there are', () => {
    const guest = watched();
    for (let turn = 0; turn < 100; turn += 1) guest.at(turn * 10, { hits: { processes: 100 } });
    guest.rest();
    expect(guest.told()).toEqual(['firing limit processes 0', 'resolved limit processes 60.99']);
    expect(guest.notices[1]).toMatchObject({ hits: 10_000, untoldHits: 0, since: START, lastAt: START + 990 });
  });

  test('within the cooldown are told when it is over, although they are over, too', () => {
    const guest = watched();
    guest.at(0, { hits: { processes: 3 } });
    guest.at(2 * MIN, { hits: { processes: 4 } });
    guest.rest();
    expect(guest.told()).toEqual([
      'firing limit processes 0',
      'resolved limit processes 60',
      'firing limit processes 300',
      'resolved limit processes 360',
    ]);
    expect(guest.notices.map(({ hits, untoldHits }) => [hits, untoldHits])).toEqual([
      [3, 0],
      [3, 0],
      [4, 0],
      [4, 0],
    ]);
    expect(guest.notices[2]).toMatchObject({ since: START + 2 * MIN });
  });

  test('of a guest that was being stopped, or that another alert was about, are told with the next ones alone', () => {
    const guest = watched();
    guest.at(0, { hits: { processes: 3 } });
    guest.at(2 * MIN, { hits: { processes: 4 }, guest: 'stopping' });
    guest.at(3 * MIN, { guest: 'stopped' });
    guest.rest();
    expect(guest.told()).toEqual(['firing limit processes 0', 'resolved limit processes 60']);
  });

  test('that go on when the cooldown is over are told then', () => {
    const guest = watched();
    guest.at(0, { levels: { rss: 0.95 } });
    guest.at(MIN, { levels: { rss: 0.1 } });
    guest.at(2 * MIN, { levels: { rss: 0.95 } });
    guest.rest();
    expect(guest.told()).toEqual(['firing limit rss 30', 'resolved limit rss 90', 'firing limit rss 330']);
  });

  test('that only slow a guest down raise nothing and keep nothing up, however many they are, and are counted with an alert', () => {
    const guest = watched();
    for (let turn = 0; turn < 100; turn += 1) guest.at(turn * S, { hits: { 'rss-barrier': 10, cpu: 7 } });
    expect([guest.told(), guest.state().resources]).toEqual([[], {}]);
    guest.at(200 * S, { levels: { 'rss-barrier': 0.25 }, hits: { 'rss-barrier': 5 } });
    guest.at(230 * S, { hits: { 'rss-barrier': 2 } });
    guest.at(240 * S, { levels: { 'rss-barrier': 0.05 }, hits: { 'rss-barrier': 3 } });
    for (let turn = 0; turn < 100; turn += 1) guest.at((250 + turn) * S, { hits: { 'rss-barrier': 1 } });
    guest.rest();
    expect(guest.told()).toEqual(['firing limit rss-barrier 230', 'resolved limit rss-barrier 270']);
    expect(guest.notices[1]).toMatchObject({ hits: 2 + 3 + 20, untoldHits: 0, level: 0.05 });
  });

  test('that kill are told at once, every time, and what led to them is not', () => {
    const guest = watched();
    guest.at(0, { hits: { rss: 80, oom: 1, 'oom-kill': 1 }, levels: { rss: 1 } });
    guest.at(10 * S, { hits: { rss: 80 }, levels: { rss: 1 } });
    guest.at(40 * S, { levels: { rss: 0.1 } });
    guest.at(2 * MIN, { hits: { 'oom-kill': 2 } });
    guest.rest();
    expect(guest.told()).toEqual([
      'firing limit oom-kill 0',
      'resolved limit oom-kill 60',
      'firing limit oom-kill 120',
      'resolved limit oom-kill 180',
    ]);
    expect(guest.notices.every(({ severity }) => severity === 'critical')).toBe(true);
  });

  test('that kill are told although the memory was told just before, and both end', () => {
    const guest = watched();
    guest.at(0, { hits: { rss: 80 } });
    guest.at(5, { hits: { 'oom-kill': 1 } });
    guest.rest();
    expect(guest.told()).toEqual([
      'firing limit rss 0',
      'firing limit oom-kill 0.005',
      'resolved limit rss 60',
      'resolved limit oom-kill 60.005',
    ]);
  });
});

describe('whom it hit', () => {
  const hog = (pid: number) => ({ pid, command: 'hog' });

  test('is said at once, again while it goes on, and at its end, with those that came later', () => {
    const guest = watched();
    guest.at(0, { hits: { 'oom-kill': 1 }, victims: [hog(1)] });
    expect(guest.notices).toMatchObject([{ victims: [hog(1)] }]);
    guest.at(30 * S, { hits: { 'oom-kill': 2 }, victims: [hog(2), hog(3)], refused: [hog(9)] });
    const [open] = openAlerts(guest.state(), 'web1', START + MIN);
    expect(open).toMatchObject({ hits: 3, victims: [hog(1), hog(2), hog(3)] });
    guest.rest();
    expect(guest.notices.at(-1)).toMatchObject({ state: 'resolved', hits: 3, victims: [hog(1), hog(2), hog(3)] });
    guest.at(60 * MIN, { hits: { 'oom-kill': 1 } });
    expect(guest.notices.at(-1)).not.toHaveProperty('victims');
  });

  test('is said of the last ones', () => {
    const guest = watched();
    for (let pid = 1; pid <= 20; pid += 1) guest.at(pid * S, { hits: { 'oom-kill': 1 }, victims: [hog(pid)] });
    const [open] = openAlerts(guest.state(), 'web1', START + MIN);
    expect(open?.victims?.map(({ pid }) => pid)).toEqual([13, 14, 15, 16, 17, 18, 19, 20]);
  });

  test('is said when the cooldown is over that kept it back', () => {
    const guest = watched();
    guest.at(0, { hits: { data: 1 }, refused: [hog(1)] });
    guest.at(2 * MIN, { hits: { data: 1 }, refused: [hog(2)] });
    guest.rest();
    expect(guest.notices.map(({ state, victims }) => [state, victims])).toEqual([
      ['firing', [hog(1)]],
      ['resolved', [hog(1)]],
      ['firing', [hog(2)]],
      ['resolved', [hog(2)]],
    ]);
  });

  test('is not said of another alert, where the stop of its guest hid it', () => {
    const guest = watched();
    guest.at(0, { hits: { 'oom-kill': 1 }, victims: [hog(1)], guest: 'stopping' });
    guest.at(S, { guest: 'stopped' });
    guest.at(60 * MIN, { hits: { 'oom-kill': 1 }, victims: [hog(2)] });
    expect(guest.notices).toMatchObject([{ victims: [hog(2)], untoldHits: 1 }]);
  });
});

describe('a guest that is stopped', () => {
  test('tells nothing that comes up meanwhile, and what is open ends', () => {
    const guest = watched();
    guest.at(0, { hits: { processes: 1 } });
    guest.at(10 * S, { hits: { rss: 5, 'oom-kill': 1 }, guest: 'stopping' });
    guest.at(12 * S, { hits: { 'oom-kill': 1 }, guest: 'stopped' });
    guest.rest();
    expect(guest.told()).toEqual(['firing limit processes 0', 'resolved limit processes 60']);
    guest.at(60 * MIN, { hits: { 'oom-kill': 1 } });
    expect(guest.notices.at(-1)).toMatchObject({ hits: 1, untoldHits: 2 });
  });

  test('tells what killed it when nobody asked for the stop', () => {
    const guest = watched();
    guest.at(0, { hits: { 'oom-kill': 1 }, guest: 'stopped' });
    expect(guest.told()).toEqual(['firing limit oom-kill 0']);
  });

  test('tells what is wrong when the stop came to nothing', () => {
    const guest = watched();
    guest.at(0, { levels: { rss: 0.95 }, guest: 'stopping' });
    guest.at(MIN, { levels: { rss: 0.95 }, guest: 'stopping' });
    expect(guest.told()).toEqual([]);
    guest.at(2 * MIN, { guest: 'running' });
    expect(guest.told()).toEqual(['firing limit rss 120']);
  });

  test('uses nothing any more, so that a high level ends', () => {
    const guest = watched();
    guest.at(0, { levels: { rss: 0.95 } });
    guest.at(MIN, { guest: 'stopped' });
    guest.rest();
    expect(guest.told()).toEqual(['firing limit rss 30', 'resolved limit rss 90']);
  });
});

describe('whatever comes', () => {
  const hitResources = ['rss', 'rss-barrier', 'swap', 'oom', 'oom-kill', 'processes', 'cpu', 'data'] as const;
  const counts = fc
    .array(fc.tuple(fc.constantFrom<HitResource>(...hitResources), fc.integer({ min: 1, max: 99 })), { maxLength: 3 })
    .map((pairs): HitCounters => Object.fromEntries(pairs));
  const level = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined });
  const looks = fc.array(
    fc.record({
      afterMs: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 10 * MIN })),
      hits: counts,
      rss: level,
      processes: level,
      guest: fc.constantFrom('running' as const, 'running' as const, 'stopping' as const, 'stopped' as const),
    }),
    { minLength: 1, maxLength: 40 },
  );
  type Looks = typeof looks extends fc.Arbitrary<infer Value> ? Value : never;

  function story(steps: Looks) {
    const guest = watched();
    let ms = 0;
    for (const { afterMs, hits, rss, processes, guest: is } of steps) {
      ms += afterMs;
      const levels = { ...(rss !== undefined && { rss }), ...(processes !== undefined && { processes }) };
      guest.at(ms, { hits, levels, guest: is });
    }
    guest.at(ms + 1, { levels: { rss: 0, processes: 0 }, guest: 'running' });
    guest.rest();
    return guest;
  }

  law('at most one alert of a resource is open, and every one that was raised is resolved', looks, (steps) => {
    const open = new Map<string, string>();
    for (const { state, kind, resource, since } of story(steps).notices) {
      const name = `${kind} ${since}`;
      if (state === 'firing') expect(open.get(resource)).toBeUndefined();
      else expect(open.get(resource)).toBe(name);
      if (state === 'firing') open.set(resource, name);
      else open.delete(resource);
    }
    expect([...open]).toEqual([]);
  });

  law('no hit is lost: those of all ends and those untold are all that there were', looks, (steps) => {
    const guest = story(steps);
    const refused = steps.map(({ hits: { cpu: _, 'rss-barrier': __, ...others } }) => others);
    const all = refused.flatMap((hits) => Object.values(hits)).reduce((sum, count) => sum + count, 0);
    const ends = guest.notices.filter(({ state }) => state === 'resolved');
    const rest = Object.values(guest.state().resources);
    expect(guest.notices.map(({ resource }) => resource)).not.toContain('cpu');
    const counted = [...ends, ...rest].reduce((sum, { hits, untoldHits }) => sum + hits + untoldHits, 0);
    expect(counted).toBe(all);
  });

  law('two alerts of a resource are a cooldown apart, but of kills and of flapping', looks, (steps) => {
    const raised = new Map<string, number>();
    for (const { state, kind, resource, at } of story(steps).notices) {
      if (state !== 'firing') continue;
      const before = raised.get(resource) ?? Number.NEGATIVE_INFINITY;
      if (kind === 'limit' && resource !== 'oom-kill') expect(at - before).toBeGreaterThanOrEqual(RULES.cooldownMs);
      raised.set(resource, at);
    }
  });

  law('nothing is raised while a guest is being stopped', looks, (steps) => {
    const guest = watched();
    let ms = 0;
    for (const { afterMs, hits, rss } of steps) {
      ms += afterMs;
      guest.at(ms, { hits, levels: { ...(rss !== undefined && { rss }) }, guest: 'stopping' });
    }
    guest.at(ms + 1, { guest: 'stopped' });
    guest.rest();
    expect(guest.told()).toEqual([]);
  });

  law('an agent that looks more often than it must tells the same', looks, (steps) => {
    const seldom = story(steps);
    const often = story(
      steps.flatMap((look) => [look, { ...look, afterMs: 0, hits: {}, rss: undefined, processes: undefined }]),
    );
    expect(often.told()).toEqual(seldom.told());
  });

  const LEVELLED = ['rss', 'rss-barrier', 'processes', 'cpu'] as const;
  const episode = fc.record({
    resource: fc.constantFrom(...LEVELLED),
    /** Before it begins, while it is, and when it is over. */
    looks: fc.tuple(fc.array(fc.nat()), fc.array(fc.nat()), fc.array(fc.nat())),
    noise: fc.array(fc.nat({ max: 99 }), { maxLength: 5 }),
  });

  law('one episode is one alert, whenever it is looked at and whatever is heard meanwhile', episode, (story) => {
    const { resource, looks, noise } = story;
    const [before, during, after] = looks.map((some) => some.map((at) => at % (3 * MIN)));
    const guest = watched();
    const seen = [
      ...(before ?? []).map((at) => [at, 0] as const),
      ...[0, ...(during ?? []), 2 * MIN].map((at) => [3 * MIN + at, 1] as const),
      ...[0, ...(after ?? [])].map((at) => [6 * MIN + at, 0] as const),
    ];
    for (const [index, [at, level]] of seen.toSorted(([one], [other]) => one - other).entries()) {
      const slowdowns = noise[index % Math.max(1, noise.length)] ?? 0;
      const hits = slowdowns === 0 ? {} : { 'rss-barrier': slowdowns, cpu: slowdowns };
      guest.at(at, { levels: { [resource]: level }, hits });
      guest.at(at, { hits });
    }
    guest.rest();
    expect(guest.notices.map(({ state, resource: of }) => `${state} ${of}`)).toEqual([
      `firing ${resource}`,
      `resolved ${resource}`,
    ]);
  });

  law('a calendar that is set back makes nothing wait for longer than from now on', fc.nat({ max: 1e9 }), (backMs) => {
    const rules = { ...RULES, cooldownMs: 0 };
    const high = { levels: { rss: 1 }, hits: {}, guest: 'running' } as const;
    const before = alertsAfter(NO_ALERTS, 'web1', high, rules, START);
    const after = alertsAfter(before.state, 'web1', high, rules, START - backMs);
    expect(after.wakeAt).toBe(START - backMs + 30 * S);
    expect(alertsAfter(after.state, 'web1', high, rules, START - backMs + 30 * S).notices).toHaveLength(1);
  });
});
