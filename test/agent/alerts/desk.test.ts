import { describe, expect, test } from 'vitest';
import { AlertDesk } from '../../../src/agent/alerts/desk.ts';
import { createCounters } from '../../../src/agent/counters.ts';
import { createReporter } from '../../../src/agent/reporter.ts';
import type { AlertReading, SinkSettings } from '../../../src/model/alert.ts';
import type { JournalEntry } from '../../../src/ports/host.ts';
import type { Store } from '../../../src/ports/store.ts';
import { createHistory } from '../../../src/report/history.ts';
import { type FakeSink, fakeSink } from '../../fakes/alert-sink.ts';
import { handClock } from '../../fakes/clock.ts';
import { memoryStore } from '../../fakes/store.ts';
import { setClock } from './set-clock.ts';

const MINUTE = 60_000;
const MAIL: SinkSettings = { kind: 'mail', address: 'root' };
const PAGER: SinkSettings = { kind: 'command', command: ['/bin/page'] };
const RSS = { rss: { raise: 0.9, clear: 0.8, forMs: 30_000 } };

function hits(count: number): AlertReading {
  return { levels: {}, hits: { processes: count }, guest: 'running' };
}

/** A desk of an agent, with sinks that stay the same over reloads and agents. */
function deskOf({ store = memoryStore(), sinks = [MAIL, PAGER], clock = handClock() } = {}) {
  const log: JournalEntry[] = [];
  const made = new Map<string, FakeSink>();
  const openSinks = (settings: readonly SinkSettings[]) =>
    settings.map(({ kind }) => {
      const sink = made.get(kind) ?? fakeSink(`${kind} x`, kind === 'mail' ? { repeatMs: MINUTE } : {});
      made.set(kind, sink);
      return sink;
    });
  const counters = createCounters();
  const report = createReporter(createHistory(100), clock, (entry) => log.push(entry));
  const desk = new AlertDesk({ store, clock, openSinks, report, counters, instance: 'host1' });
  desk.use({ sinks, cooldownMs: 5 * MINUTE });
  const sink = (kind: string) => made.get(kind) ?? fakeSink();
  const told = (kind: string) =>
    sink(kind)
      .taken.flat()
      .map(({ annotations }) => annotations.summary);
  return { desk, store, clock, log, counters, sink, told };
}

test('an alert is told to the journal and to every sink, and so is its end', async () => {
  const { desk, clock, log, told, counters } = deskOf();
  const wakeAt = desk.take('web1', hits(37));
  await clock.pass(0);
  expect(told('command')).toEqual(['web1: processes: 37 hits']);
  expect(wakeAt).toBe(clock.now() + MINUTE);
  await clock.pass(MINUTE);
  expect(desk.take('web1', hits(0))).toBeUndefined();
  await clock.pass(0);
  expect(told('command')).toEqual(['web1: processes: 37 hits', 'web1: processes: 37 hits in 1 s, over now']);
  expect(told('mail').length).toBeGreaterThan(1);
  expect(log.map(({ message, priority, fields }) => [message, priority, fields.HOSTLER_RESOURCE])).toEqual([
    ['web1: processes: 37 hits', 4, 'processes'],
    ['web1: processes: 37 hits in 1 s, over now', 6, 'processes'],
  ]);
  expect(counters.all()).toEqual({ alerts_firing_total: 1, alerts_resolved_total: 1 });
});

test('a level that nobody was told of yet is shown as pending', () => {
  const { desk, clock } = deskOf();
  desk.take('web1', { levels: { rss: 0.95 }, hits: {}, guest: 'running' }, RSS);
  expect(desk.view().open).toEqual([
    {
      guest: 'web1',
      resource: 'rss',
      kind: 'limit',
      phase: 'pending',
      severity: 'warning',
      told: false,
      since: clock.calendar(),
      hits: 0,
      level: 0.95,
    },
  ]);
});

test('a slow sink delays no other', async () => {
  const { desk, clock, told, sink, log } = deskOf();
  sink('mail').mood = 'hangs';
  for (const guest of ['web1', 'web2', 'web3']) desk.take(guest, hits(1));
  await clock.pass(0);
  expect([told('command').length, told('mail').length]).toEqual([3, 0]);
  await clock.pass(MINUTE);
  expect(log.filter(({ message }) => message.startsWith('W_ALERT_SINK'))).toHaveLength(1);
  expect(desk.warnings()).toEqual([{ code: 'W_ALERT_SINK', subject: 'mail x', detail: 'gave no answer in 10 s' }]);
  sink('mail').mood = 'well';
  await clock.pass(2 * MINUTE);
  expect(new Set(told('mail'))).toEqual(new Set(['web1', 'web2', 'web3'].map((name) => `${name}: processes: 1 hit`)));
  expect(desk.warnings()).toEqual([]);
});

describe('the next agent', () => {
  test('knows what goes on, tells it once only, and ends it', async () => {
    const first = deskOf();
    first.desk.take('web1', hits(37));
    await first.clock.pass(2000);
    const { desk, clock, told } = deskOf({ store: first.store, clock: first.clock });
    await clock.pass(0);
    expect([told('command'), told('mail')]).toEqual([[], ['web1: processes: 37 hits']]);
    expect(desk.take('web1', hits(1))).toBe(clock.now() + MINUTE);
    await clock.pass(MINUTE);
    desk.take('web1', hits(0));
    await clock.pass(0);
    expect(told('command')).toEqual(['web1: processes: 38 hits in 2 s, over now']);
    expect(desk.view().recent).toMatchObject([{ guest: 'web1', hits: 38 }]);
  });

  test('knows what the last one was told of just before it ended', async () => {
    const first = deskOf();
    first.desk.take('web1', hits(37));
    await first.clock.pass(2000);
    first.desk.take('web1', hits(1));
    first.desk.end();
    const { desk } = deskOf({ store: first.store, clock: first.clock });
    expect(desk.view().open).toMatchObject([{ guest: 'web1', hits: 38 }]);
  });

  test('tells what the last one could not', async () => {
    const first = deskOf();
    first.sink('command').mood = 'refuses';
    first.desk.take('web1', hits(37));
    await first.clock.pass(2000);
    const { clock, told } = deskOf({ store: first.store, clock: handClock(first.clock.now()) });
    await clock.pass(0);
    expect(told('command')).toEqual(['web1: processes: 37 hits']);
  });

  test.each([
    ['resource', { resource: 'moonlight' }],
    ['kind', { kind: 'eclipse' }],
    ['state', { state: 'waning' }],
  ])('keeps what another version has told of a %s without words here, and does not show it', async (_, others) => {
    const first = deskOf();
    first.desk.take('web1', hits(37));
    await first.clock.pass(MINUTE);
    first.desk.take('web1', hits(0));
    first.desk.end();
    const stored = first.store.alerts() ?? { guests: {}, recent: [], queues: {} };
    first.store.saveAlerts({
      ...stored,
      recent: stored.recent.flatMap((one) => [one, { ...one, ...others }]) as never,
    });
    const { desk, store } = deskOf({ store: first.store, clock: first.clock });
    expect(desk.view().recent).toMatchObject([{ guest: 'web1', resource: 'processes', kind: 'limit' }]);
    desk.end();
    expect(store.alerts()?.recent[1]).toMatchObject(others);
  });

  test('tells anew what goes on and another version has told in other words', async () => {
    const first = deskOf();
    first.desk.take('web1', hits(37));
    await first.clock.pass(2000);
    first.desk.end();
    const stored = first.store.alerts() ?? { guests: {}, recent: [], queues: {} };
    const processes = { ...stored.guests.web1?.resources.processes, told: { kind: 'eclipse', since: 0 } };
    const guests = { web1: { stopping: false, resources: { processes } } };
    first.store.saveAlerts({ ...stored, guests: guests as never });
    const { desk, told } = deskOf({ store: first.store, clock: first.clock });
    await first.clock.pass(5 * MINUTE);
    desk.take('web1', hits(1));
    await first.clock.pass(0);
    expect(told('command')).toEqual(['web1: processes: 38 hits']);
  });

  test('ends what was told of a guest that is not there any more', async () => {
    const first = deskOf();
    first.desk.take('web1', hits(37));
    first.desk.take('web2', hits(37));
    await first.clock.pass(2000);
    const { desk, clock, told } = deskOf({ store: first.store, clock: first.clock });
    desk.keepOnly(['web2']);
    await clock.pass(0);
    expect(told('command')).toEqual(['web1: processes: 37 hits in 1 s, over now']);
    expect(desk.view().open).toMatchObject([{ guest: 'web2' }]);
  });
});

describe('a new configuration', () => {
  test('lets a sink that stays go on, and keeps what one that goes was not told', async () => {
    const undelivered: string[] = [];
    const { desk, clock, told, sink, counters } = deskOf({ store: memoryStore(undelivered) });
    for (const kind of ['mail', 'command']) sink(kind).mood = 'refuses';
    desk.take('web1', hits(37));
    await clock.pass(0);
    desk.use({ sinks: [MAIL], cooldownMs: MINUTE });
    sink('mail').mood = 'well';
    await clock.pass(1000);
    expect(told('mail')).toEqual(['web1: processes: 37 hits']);
    expect(undelivered.map((line) => JSON.parse(line))).toMatchObject([
      { sink: 'command x', reason: 'it is no sink of the configuration any more', message: { status: 'firing' } },
    ]);
    expect(counters.all().alerts_undelivered_total).toBe(1);
  });

  test('passes on to a sink of the same name what the former was not told', async () => {
    const { desk, clock, told, sink } = deskOf();
    sink('command').mood = 'refuses';
    desk.take('web1', hits(1));
    await clock.pass(0);
    sink('command').mood = 'well';
    desk.use({ sinks: [{ kind: 'command', command: ['/bin/page', '--now'] }], cooldownMs: MINUTE });
    await clock.pass(0);
    expect(told('command')).toEqual(['web1: processes: 1 hit']);
  });
});

test('that the disk is full is said once, and what is kept is written when it is not', async () => {
  let isFull = true;
  const undelivered: string[] = [];
  const inner = memoryStore(undelivered);
  const full = { code: 'E_STATE_WRITE', subject: 'alerts.json', detail: 'ENOSPC' } as const;
  const store: Store = {
    ...inner,
    saveAlerts: (value) => (isFull ? [full] : inner.saveAlerts(value)),
    keepUndelivered: (lines) => (isFull ? [full] : inner.keepUndelivered(lines)),
  };
  const { desk, clock, log, sink } = deskOf({ store });
  sink('command').mood = 'forbids';
  for (let turn = 0; turn < 10; turn += 1) {
    desk.take(`web${turn}`, hits(1));
    await clock.pass(10_000);
  }
  expect(log.filter(({ message }) => message.startsWith('E_STATE_WRITE'))).toHaveLength(2); // of each file
  expect(desk.warnings()).toContainEqual(full);
  isFull = false;
  await clock.pass(MINUTE);
  expect(Object.keys(inner.alerts()?.guests ?? {})).toHaveLength(10);
  expect(undelivered).toHaveLength(10);
  expect(desk.warnings()).not.toContainEqual(full);
});

describe('a calendar that is set', () => {
  const LONG = { rss: { raise: 0.9, clear: 0.8, forMs: 10 * MINUTE } };
  const full: AlertReading = { levels: { rss: 0.95 }, hits: {}, guest: 'running' };

  test.each([60 * MINUTE, -60 * MINUTE])('by %d ms makes nothing last longer, or less long', async (byMs) => {
    const clock = setClock();
    const { desk, told } = deskOf({ clock });
    desk.take('web1', full, LONG);
    clock.set(byMs);
    await clock.pass(5 * MINUTE);
    expect(desk.take('web1', full, LONG)).toBe(clock.now() + 5 * MINUTE);
    await clock.pass(5 * MINUTE);
    desk.take('web1', full, LONG);
    await clock.pass(0);
    expect(told('command')).toEqual(['web1: resident memory: at 95 % of its limit']);
    const since = Date.parse(desk.view().open[0]?.since ?? '');
    expect(Date.parse(clock.calendar()) - since).toBe(10 * MINUTE);
  });

  test('ends no cooldown, and makes nothing old that waits for a sink', async () => {
    const clock = setClock();
    const { desk, told, sink, counters } = deskOf({ clock, sinks: [PAGER] });
    desk.take('web1', hits(1));
    await clock.pass(MINUTE);
    desk.take('web1', hits(0));
    sink('command').mood = 'refuses';
    desk.take('web2', hits(1));
    clock.set(60 * MINUTE);
    desk.take('web1', hits(1));
    await clock.pass(10_000);
    sink('command').mood = 'well';
    await clock.pass(MINUTE);
    expect(counters.all()).toEqual({ alerts_firing_total: 2, alerts_resolved_total: 1 });
    expect(told('command').at(-1)).toBe('web2: processes: 1 hit');
  });
});

test('a level that only moves costs no write', async () => {
  let writes = 0;
  const inner = memoryStore();
  const store: Store = {
    ...inner,
    saveAlerts(value) {
      writes += 1;
      return inner.saveAlerts(value);
    },
  };
  const { desk, clock } = deskOf({ store, sinks: [] });
  for (let turn = 0; turn < 20; turn += 1) {
    desk.take('web1', { levels: { rss: 0.95 + turn / 1000 }, hits: {}, guest: 'running' }, RSS);
    await clock.pass(1000);
  }
  expect(writes).toBe(1);
});

test('a test alert goes to the sinks of a name or a kind, and says what became of it', async () => {
  const { desk, clock, sink } = deskOf();
  expect(await desk.test(undefined)).toEqual([
    { sink: 'mail x', ok: true, tookMs: 0 },
    { sink: 'command x', ok: true, tookMs: 0 },
  ]);
  sink('mail').mood = 'hangs';
  const testing = desk.test('mail');
  await clock.pass(10_000);
  expect(await testing).toEqual([{ sink: 'mail x', ok: false, reason: 'gave no answer in 10 s', tookMs: 10_000 }]);
  expect(await desk.test('command x')).toHaveLength(1);
  expect(await desk.test('pager')).toEqual([]);
  expect(sink('command').taken.flat()[0]?.labels.alertname).toBe('HostlerTest');
});
