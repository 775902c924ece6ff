import { expect, test } from 'vitest';
import { forgetHidden } from '../../src/agent/hidden.ts';
import { newRecord } from '../../src/agent/world.ts';
import type { Entry } from '../../src/model/observed.ts';
import { emptyLedger, rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { startedStage } from '../fakes/stage.ts';

const news = { kernel: { DEVPATH: '/devices/x', DEVNAME: 'x' }, udev: {}, tags: [], links: [] };
const FILE: Entry = { kind: 'file' };
const ABSENT: Entry = { kind: 'absent' };
const ALL = {
  '/run/udev/data': { kind: 'folder', empty: false },
  '/run/udev/data/c1:5': FILE,
  '/run/udev/data/b7:0': FILE,
} as const;

/** What stays known of two devices when this is seen, and is looked at twice. */
async function knownAfter(seen: Readonly<Record<string, Entry>>) {
  const record = newRecord({ name: 'web1', runtime: 'lxc' }, {});
  const told = (['c:1:5', 'b:7:0'] as const).map((number) => ({ number, device: '/devices/x', news }));
  record.ledger = { ...emptyLedger(), told, listens: true };
  record.opened = { dev: 'host', policy: 'confined' };
  record.remounted = true;
  const asked: string[] = [];
  const observe = async (_: string, paths: readonly string[]) => {
    asked.push(...paths);
    return { ok: true as const, value: new Map(Object.entries(seen)) };
  };
  const eyes = { ports: { executor: { observe }, clock: { now: () => 7 } } };
  await forgetHidden(eyes, record);
  await forgetHidden(eyes, record);
  expect(asked).toEqual(['/run/udev/data', '/run/udev/control', '/run/udev/data/c1:5', '/run/udev/data/b7:0']);
  return { told: record.ledger.told?.map(({ number }) => number), listens: record.ledger.listens };
}

test('what is still there stays known', async () => {
  expect(await knownAfter(ALL)).toEqual({ told: ['c:1:5', 'b:7:0'], listens: true });
});

test('what is hidden is not known any more', async () => {
  expect(await knownAfter({ ...ALL, '/run/udev/data/c1:5': ABSENT })).toEqual({ told: ['b:7:0'], listens: true });
  const hidden = Object.fromEntries(Object.keys(ALL).map((path) => [path, ABSENT]));
  expect(await knownAfter(hidden)).toEqual({ told: [], listens: undefined });
});

test('a udevd of the guest looks after its files itself', async () => {
  const own: Record<string, Entry> = { ...ALL, '/run/udev/control': { kind: 'socket' }, '/run/udev/data/c1:5': ABSENT };
  expect(await knownAfter(own)).toEqual({ told: ['c:1:5', 'b:7:0'], listens: true });
});

test("what was the host's is tried again once something was mounted", async () => {
  const record = newRecord({ name: 'web1', runtime: 'lxc' }, {});
  record.opened = { dev: 'host', policy: 'confined' };
  const refusal = { code: 'W_UDEV_SHARED', subject: 'web1' } as const;
  record.untold = new Map([['let-listen', { tries: 12, until: Number.POSITIVE_INFINITY, refusal }]]);
  const observe = async () => ({ ok: true as const, value: new Map<string, Entry>() });
  const eyes = { ports: { executor: { observe }, clock: { now: () => 7 } } };
  await forgetHidden(eyes, record);
  expect(record.untold.size).toBe(1);
  record.remounted = true;
  await forgetHidden(eyes, record);
  expect(record.untold.size).toBe(0);
});

test('a guest that hides it again and again is told five times in a minute, and once more when that is over', async () => {
  const machine = new Machine();
  machine.devices = [serial()];
  machine.start('web1');
  const { agent } = await startedStage(configOf(rule('port', { match: { subsystem: ['tty'] } })), machine);
  const asked = (what: string) => machine.asked.filter((one) => one === `web1 ${what}`).length;
  const mount = async () => {
    agent.handle({ kind: 'guest-changed', guest: 'web1', path: '/dev', replaced: true });
    await atRest();
  };
  for (let times = 0; times < 10; times += 1) await mount();
  expect(asked('tell c:188:0')).toBe(1 + 5);
  await machine.clock.pass(59_000);
  expect(asked('tell c:188:0')).toBe(1 + 5);
  await machine.clock.pass(1_000);
  expect(asked('tell c:188:0')).toBe(1 + 5 + 1);
  const looks = asked('observe');
  await machine.clock.pass(600_000);
  expect(asked('observe')).toBe(looks);
});
