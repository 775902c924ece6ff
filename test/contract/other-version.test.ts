import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { ObservedStop } from '../../src/lifecycle/phases.ts';
import { USUAL_START } from '../../src/lifecycle/start-closure.ts';
import { beginStop, isOver, planStop, resumed } from '../../src/lifecycle/stop.ts';
import { fileStore } from '../../src/linux/store.ts';
import { NO_HISTORY } from '../../src/model/guest-history.ts';
import type { StopState } from '../../src/model/stop.ts';
import { emptyLedger } from '../devices/make.ts';
import { LISTENING } from '../lifecycle/init-facts.ts';

const KILL_AT = 61_000;
const of = { pid: 7, startTime: '99', cgroup: '/lxc.payload.web1' };
const hook = { words: ['/bin/true'], timeoutMs: 1000, where: 'guest' as const };
const asked = { of, cgroupId: '1:2', bootId: 'boot1', now: 1000 };
const begun = beginStop({ ...asked, settings: { timeoutMs: 60_000, before: [hook] } });
const halting: StopState = {
  ...begun,
  phase: 'drain',
  init: 'systemd',
  settings: { ...begun.settings, halt: { kind: 'init', init: 'systemd' } },
  hooks: 1,
  beforeUntil: 1000,
  halts: { count: 1, at: 1500, processes: 3 },
};
const start = { guest: 'web1', settings: USUAL_START, phase: 'starting', since: 7.5 } as const;
const history = {
  ...NO_HISTORY,
  isQuarantined: true,
  stops: [{ at: 7, tookMs: 100, killed: false }],
  run: { instance: '7:99', bootId: 'boot1' },
  end: { at: 8, why: 'stopped' as const },
};
const ledger = {
  ...emptyLedger(),
  links: [{ path: '/dev/front', target: '/dev/scanner' }],
  folders: ['/dev/bus'],
  grants: [{ number: 'c:189:4', access: 'rw' }] as const,
};
const NEITHER = [undefined, null, 7, 'dinit', [], {}, [7]];

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe('a stop that an agent of another version has begun', () => {
  test.each(places(halting).map((place) => [place.join('.'), place] as const))(
    'with something else for its %s is taken up and kills nobody early, or is left alone',
    (_, place) => {
      for (const value of NEITHER) {
        const store = storeIn();
        store.saveStop('web1', changed(halting, place, value));
        const stop = store.stop('web1');
        if (stop === undefined) expect(store.takeRefusals()).toMatchObject([{ code: 'W_STATE_BAD' }]);
        else expect(firstForced(stop), JSON.stringify(value)).toBeGreaterThanOrEqual(Math.min(stop.killAt, KILL_AT));
      }
    },
  );

  test.each([
    ['that has asked for its halt', halting, 'drain'],
    ['that has asked for nothing', begun, 'arm'],
    ['that has killed', { ...halting, kills: { count: 1, at: 61_000 } }, 'kill'],
  ] as const)('%s, in a phase that is not known, goes on with its deadline', (_, kept, phase) => {
    const store = storeIn();
    store.saveStop('web1', changed(kept, ['phase'], 'simmer'));
    expect(store.stop('web1')).toEqual({ ...kept, phase });
  });

  test('of an init and by a way that are not known goes on with its deadline, by what its init is', () => {
    const store = storeIn();
    store.saveStop('web1', changed(changed(halting, ['init'], 'dinit'), ['settings', 'halt'], { kind: 'dbus' }));
    const { init: _, ...rest } = halting;
    expect(store.stop('web1')).toEqual({ ...rest, settings: begun.settings });
  });

  test('with more than is known keeps that', () => {
    const store = storeIn();
    store.saveStop('web1', changed(halting, ['mood'], 'calm'));
    expect(store.stop('web1')).toEqual({ ...halting, mood: 'calm' });
  });
});

describe('what else an agent of another version has kept', () => {
  test('stops that wait are taken up but for those that cannot be read', () => {
    const store = storeIn();
    const wait = { guest: 'web1', of: '7-99', kill: false };
    const kept = { bootId: 'boot1', stops: [changed(wait, ['kill'], undefined), { ...wait, guest: 'web2' }] };
    store.saveWaitingStops(kept);
    expect(store.waitingStops()?.stops).toEqual([{ ...wait, guest: 'web2' }]);
  });

  test('starts are taken up, as most are where something is not known, but for those that cannot be read', () => {
    const store = storeIn();
    const odd = changed(changed(start, ['settings', 'ready'], { kind: 'vsock' }), ['settings', 'late'], 'shrug');
    const starts = [
      odd,
      { ...start, guest: 'web2' },
      changed(start, ['of'], { pid: 7 }),
      changed(start, ['phase'], 'x'),
    ];
    const unwanted = [{ guest: 'db1', kill: true }, changed({ guest: 'db2', kill: true }, ['kill'], 'softly')];
    store.saveStarts({ bootId: 'boot1', hasBooted: true, starts, unwanted });
    expect(store.starts()).toEqual({
      bootId: 'boot1',
      hasBooted: true,
      starts: [start, { ...start, guest: 'web2' }],
      unwanted: [{ guest: 'db1', kill: true }],
    });
  });

  test('a guest stays in quarantine for a reason that is not known, and ended for one is not told', () => {
    const store = storeIn();
    const odd = changed(changed(history, ['quarantinedFor'], 'noise'), ['end', 'why'], 'migrated');
    store.saveHistory('web1', changed(odd, ['evidence'], { at: 7, why: 'asleep', count: 0, processes: [] }));
    const { end: _, ...rest } = history;
    expect(store.history('web1')).toEqual(rest);
  });

  test.each(places(history).map((place) => [place.join('.'), place] as const))(
    'a history with something else for its %s is left alone, or has times and a run',
    (_, place) => {
      for (const value of NEITHER) {
        const store = storeIn();
        store.saveHistory('web1', changed(history, place, value));
        const { crashes = [], restarts = [], run, end } = store.history('web1') ?? {};
        expect([...crashes, ...restarts, end?.at ?? 0].every(Number.isFinite)).toBe(true);
        expect(typeof (run?.instance ?? '')).toBe('string');
      }
    },
  );

  test.each(places(ledger).map((place) => [place.join('.'), place] as const))(
    'a ledger with something else for its %s is left alone, or names what it has',
    (_, place) => {
      for (const value of NEITHER) {
        const store = storeIn();
        store.saveLedger('web1', changed(ledger, place, value));
        const { links = [], folders = [], grants = [] } = store.ledger('web1') ?? {};
        const names = [...links.flatMap(({ path, target }) => [path, target]), ...folders];
        expect([...names, ...grants.flatMap(({ number, access }) => [number, access])].filter(isNoText)).toEqual([]);
      }
    },
  );

  test('of what starts have, a kind that is not known is left alone', () => {
    const store = storeIn();
    const net = { kind: 'net' as const, id: 'net:1:2', name: '' };
    const has = [net, changed(net, ['kind'], 'bridge')];
    store.saveBelongings('web1', { bootId: 'boot1', starts: [{ of, has }] });
    expect(store.belongings('web1')?.starts).toEqual([{ of, has: [net] }]);
    store.saveBelongings('web1', { bootId: 'boot1', starts: [{ of: changed(of, ['startTime'], 99), has }] });
    expect(store.belongings('web1')).toBeUndefined();
  });
});

/** The agent of this version, which reads what is on the disk. */
function storeIn() {
  const [run = '', state = ''] = ['run', 'state'].map((name) => mkdtempSync(join(tmpdir(), `hostler-${name}-`)));
  folders.push(run, state);
  return fileStore(run, state);
}

function isNoText(value: unknown): boolean {
  return typeof value !== 'string';
}

/** The way to each thing in it. */
function places(value: object): readonly (readonly string[])[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null ? [[key], ...places(inner).map((rest) => [key, ...rest])] : [[key]],
  );
}

/** The same with another value there, of whatever kind. Undefined: without one. */
function changed<T extends object>(value: T, [key = '', ...rest]: readonly string[], to: unknown): T {
  const copy = structuredClone(value);
  const within: object = Reflect.get(Object(copy), key);
  Reflect.set(copy, key, rest.length > 0 ? changed(within, rest, to) : to);
  return copy;
}

/** When it does to a guest that hears nothing what ends it, or ends with an error. */
function firstForced(kept: StopState): number {
  let [state, now] = [resumed(kept, 2000), 2000];
  while (!isOver(state) && now < 100_000) {
    const { actions, wakeAt = now + 1000, ...planned } = planStop(state, deafTo(state), now);
    if (actions.some(({ verb }) => verb === 'kill' || verb === 'freeze')) return now;
    state = planned.state;
    now = Math.max(wakeAt, now + 1);
  }
  return now;
}

function deafTo({ kills }: StopState): ObservedStop {
  const facts = LISTENING.busybox;
  const guest = { initRuns: true, isPopulated: true, isFrozen: false, isCleared: false, facts, processes: 3 };
  const stop = { ranMs: 60_000, hasDevices: false, hookRuns: false, isAsking: false, isTaken: false };
  return { ...guest, ...stop, isKilled: kills.count > 0 };
}
