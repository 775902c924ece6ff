import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { USUAL_START } from '../../src/lifecycle/start-closure.ts';
import { NOTHING_YET } from '../../src/limits/alert-phase.ts';
import { fileStore } from '../../src/linux/store.ts';
import type { StoredAlerts } from '../../src/model/alert-message.ts';
import type { Config } from '../../src/model/config.ts';
import { NO_HISTORY } from '../../src/model/guest-history.ts';
import type { GuestLedger } from '../../src/model/ledger.ts';
import type { Store } from '../../src/ports/store.ts';
import { rule } from '../devices/make.ts';
import { memoryStore } from '../fakes/store.ts';
import { messageOf } from './alert-message.ts';

/** The store of an agent, and of each that comes after it. */
type Agents = () => Store;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const sides: readonly (readonly [string, () => Agents])[] = [
  ['the store in memory', () => inMemory()],
  ['the store in files', () => inFiles()],
];

const ledger: GuestLedger = {
  instance: '7:99',
  nodes: [
    {
      path: '/dev/scanner',
      number: 'c:189:4',
      rule: 'scanner',
      device: '/devices/pci0000:00/usb1/1-1',
      memory: 'scanner',
      unplug: 'warn',
      ownership: { mode: 0o640, uid: 0, gid: 104 },
    },
  ],
  links: [{ path: '/dev/front', target: '/dev/scanner' }],
  folders: ['/dev/bus'],
  grants: [{ number: 'c:189:4', access: 'rw' }],
  released: [{ number: 'c:189:3', rule: 'scanner', device: '/devices/a', unplug: 'warn', told: ['12:34'] }],
  corrections: { '/dev/scanner': { count: 2, since: 1_000.5 } },
  adopted: true,
};
const config: Config = {
  rules: [rule('scanner', { links: ['/dev/front'], when: { kind: 'wait', waitMs: 30_000 } })],
  guests: [{ guest: 'web1', runtime: 'lxc', devices: 'confined', policy: 'small' }],
  policies: [],
  settings: {
    lxcPath: '/var/lib/lxc',
    damping: 'off',
    alerts: { sinks: [{ kind: 'mail', address: 'root' }], cooldownMs: 60_000 },
    reserve: { cpu: 0.1, memoryBytes: 2 ** 29 },
    metrics: { host: '127.0.0.1', port: 9477 },
  },
};

describe.each(sides)('%s', (_name, side) => {
  test('has nothing of anybody at first, and nothing is wrong with that', () => {
    const store = side()();
    expect(store.ledger('web1')).toBeUndefined();
    expect(store.memory('web1')).toEqual({});
    expect(store.lastGoodConfig()).toBeUndefined();
    expect(store.takeRefusals()).toEqual([]);
  });

  test('gives the next agent what the last one saved, each guest its own', () => {
    const agents = side();
    const first = agents();
    expect(first.saveLedger('web1', ledger)).toEqual([]);
    expect(first.saveLedger('web2', { ...ledger, instance: '8:99' })).toEqual([]);
    expect(first.saveMemory('web1', { scanner: { mode: 0o600, gid: 7 } })).toEqual([]);
    expect(first.saveGoodConfig(config)).toEqual([]);
    const next = agents();
    expect(next.ledger('web1')).toEqual(ledger);
    expect(next.ledger('web2')?.instance).toBe('8:99');
    expect(next.memory('web1')).toEqual({ scanner: { mode: 0o600, gid: 7 } });
    expect(next.memory('web2')).toEqual({});
    expect(next.lastGoodConfig()).toEqual(config);
    expect(next.takeRefusals()).toEqual([]);
  });

  test('has what was saved last', () => {
    const store = side()();
    store.saveLedger('web1', ledger);
    store.saveLedger('web1', { ...ledger, nodes: [] });
    store.saveMemory('web1', { scanner: { mode: 0o600 } });
    store.saveMemory('web1', { scanner: { mode: 0o640 } });
    expect(store.ledger('web1')?.nodes).toEqual([]);
    expect(store.memory('web1')).toEqual({ scanner: { mode: 0o640 } });
  });

  test('forgets a ledger for good, and a guest that has none is forgotten as easily', () => {
    const agents = side();
    const store = agents();
    store.saveLedger('web1', ledger);
    store.removeLedger('web1');
    store.removeLedger('web2');
    expect([store.ledger('web1'), agents().ledger('web1')]).toEqual([undefined, undefined]);
    store.saveLedger('web1', ledger);
    expect(agents().ledger('web1')).toEqual(ledger);
  });

  test('keeps a memory when a guest has nothing new to remember', () => {
    const agents = side();
    agents().saveMemory('web1', { scanner: { mode: 0o600 } });
    expect(agents().saveMemory('web1', {})).toEqual([]);
    expect(agents().memory('web1')).toEqual({ scanner: { mode: 0o600 } });
  });

  test('keeps a memory whatever happens to the ledger', () => {
    const store = side()();
    store.saveMemory('web1', { scanner: { mode: 0o600 } });
    store.removeLedger('web1');
    expect(store.memory('web1')).toEqual({ scanner: { mode: 0o600 } });
  });

  test('keeps a bucket for the next agent until it is removed', () => {
    const agents = side();
    const kept = { epoch: 'boot:7', bucket: { tokensUs: -5, remainder: 1, held: true, atUs: 7, usedUs: 9 } };
    expect(agents().bucket('web1')).toBeUndefined();
    expect(agents().saveBucket('web1', kept)).toEqual([]);
    expect(agents().bucket('web1')).toEqual(kept);
    agents().removeBucket('web1');
    agents().removeBucket('web1');
    expect(agents().bucket('web1')).toBeUndefined();
  });

  test('keeps stops that wait for their turn for the next agent, and has none at first', () => {
    const agents = side();
    expect(agents().waitingStops()).toBeUndefined();
    const value = { bootId: 'boot1', stops: [{ guest: 'web1', of: '7-99', kill: false, timeoutMs: 5000 }] };
    expect(agents().saveWaitingStops(value)).toEqual([]);
    const next = agents();
    expect([next.waitingStops(), next.takeRefusals()]).toEqual([value, []]);
  });

  test('keeps starts for the next agent, and has none at first', () => {
    const agents = side();
    expect(agents().starts()).toBeUndefined();
    const waiting = { guest: 'web1', settings: USUAL_START, phase: 'waiting', since: 7.5 } as const;
    const of = { pid: 7, startTime: '99', cgroup: '/lxc.payload.web1' };
    const value = {
      bootId: 'boot1',
      hasBooted: true,
      starts: [{ ...waiting, of }],
      unwanted: [{ guest: 'db1', kill: true }],
    };
    expect(agents().saveStarts(value)).toEqual([]);
    const next = agents();
    expect([next.starts(), next.takeRefusals()]).toEqual([value, []]);
  });

  test('forgets the history of guests that are gone for long, and no other', () => {
    const agents = side();
    for (const guest of ['web1', 'gone']) agents().saveHistory(guest, NO_HISTORY);
    agents().removeHistories(Date.now() - 60_000, new Set(['web1']));
    expect(agents().history('gone')).toEqual(NO_HISTORY);
    agents().removeHistories(Date.now() + 60_000, new Set(['web1']));
    expect([agents().history('web1'), agents().history('gone')]).toEqual([NO_HISTORY, undefined]);
    side()().removeHistories(Date.now(), new Set());
  });

  test('keeps the history of a guest for the next agent, and has none at first', () => {
    const agents = side();
    expect(agents().history('web1')).toBeUndefined();
    const run = { instance: '7:99', bootId: 'boot1' };
    const value = { ...NO_HISTORY, crashes: [7], run, end: { at: 8, why: 'stopped' as const } };
    expect(agents().saveHistory('web1', value)).toEqual([]);
    const next = agents();
    expect([next.history('web1'), next.history('web2'), next.takeRefusals()]).toEqual([value, undefined, []]);
  });

  test('keeps alerts for the next agent, and has none at first', () => {
    const agents = side();
    expect(agents().alerts()).toBeUndefined();
    const value: StoredAlerts = {
      guests: { web1: { stopping: false, resources: { rss: { ...NOTHING_YET, phase: 'pending', since: 7 } } } },
      recent: [],
      queues: { 'mail root': [{ message: messageOf(), at: 7 }] },
    };
    expect(agents().saveAlerts(value)).toEqual([]);
    expect(agents().alerts()).toEqual(value);
    expect(agents().keepUndelivered(['{}'])).toEqual([]);
  });

  test('takes a rule that is called as something every object has', () => {
    const store = side()();
    store.saveMemory('web1', { constructor: { mode: 0o600 } });
    expect(Object.keys(store.memory('web1'))).toEqual(['constructor']);
  });
});

function inMemory(): Agents {
  const store = memoryStore();
  return () => store;
}

function inFiles(): Agents {
  const [run = '', state = ''] = ['run', 'state'].map((name) => mkdtempSync(join(tmpdir(), `hostler-${name}-`)));
  folders.push(run, state);
  return () => fileStore(run, state);
}
