import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withUnitChanges } from '../../src/guests/unit-changes.ts';
import type { Guest } from '../../src/model/guest.ts';
import type { GuestFinder } from '../../src/ports/guests.ts';
import { fakeHost } from '../fakes/host.ts';
import { Machine } from '../fakes/machine.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-units-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const guest = (name: string, cgroup?: string): Guest => ({
  name,
  runtime: 'nspawn',
  ...(cgroup && { instance: { pid: 7, startTime: '99', cgroup } }),
});
const M1 = guest('m1', '/machine.slice/systemd-nspawn@m1.service');
const M2 = guest('m2', '/machine.slice/_odd.scope/payload');

function finding(...first: readonly Guest[]) {
  let guests = first;
  let held: Promise<void> | undefined;
  const told = ['etc/system.control', 'run/system.control', 'run/transient'].map((name) => join(folder, name));
  const inner: GuestFinder = {
    async find() {
      const seen = guests;
      await held;
      return { ok: true, value: { guests: seen, starting: [], unheard: [] } };
    },
    locate: async (name) => ({ ok: true, value: guests.find((one) => one.name === name) }),
    awaitsInit: async () => false,
    stopping: async () => [],
    isCleared: () => true,
    keeper: () => undefined,
    cgroups: () => [],
    isAtWork: () => false,
    configuredDevices: () => undefined,
    concerns: (id) => (id === 'inner' ? 'all' : undefined),
  };
  const host = fakeHost(new Machine());
  const finder = withUnitChanges(inner, { host, told });
  const heard = () => [...host.folders.values()].map((path) => path.slice(folder.length + 1)).sort();
  const concerns = (path: string, name: string) =>
    [...host.folders].flatMap(([id, one]) => (one === join(folder, path) ? (finder.concerns(id, name) ?? []) : []));
  const becomes = (...next: readonly Guest[]) => {
    guests = next;
  };
  const holdBack = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    held = promise;
    return resolve;
  };
  return { finder, heard, concerns, becomes, holdBack };
}

const make = (path: string) => mkdirSync(join(folder, path), { recursive: true });

test('a host whose guests are in no unit has nobody listen to systemd', async () => {
  make('run/system.control');
  const { finder, heard } = finding(guest('web1', '/lxc.payload.web1'), guest('web2'));
  expect(await finder.find()).toMatchObject({ ok: true, value: { guests: [{}, {}], unheard: [] } });
  expect(heard()).toEqual([]);
});

describe('what systemd is told of a unit', () => {
  test('is listened to in every folder that there is, from the outermost on', async () => {
    for (const path of ['etc', 'run/system.control/systemd-nspawn@m1.service.d', 'run/transient/odd.scope.d'])
      make(path);
    const { finder, heard } = finding(M1, M2);
    await finder.find();
    expect(heard()).toEqual([
      'etc',
      'run',
      'run/system.control',
      'run/system.control/systemd-nspawn@m1.service.d',
      'run/transient',
      'run/transient/odd.scope.d',
    ]);
  });

  test('concerns the guest of that unit, and only where it is about devices', async () => {
    const dropIns = 'run/system.control/systemd-nspawn@m1.service.d';
    make(dropIns);
    const { finder, concerns } = finding(M1, M2);
    await finder.locate('m1');
    expect(concerns(dropIns, '50-DeviceAllow.conf')).toEqual([{ unitsOf: ['m1'] }]);
    expect(concerns(dropIns, '50-DevicePolicy.conf')).toEqual([{ unitsOf: ['m1'] }]);
    expect(concerns(dropIns, '50-MemoryMax.conf')).toEqual([]);
    expect(concerns(dropIns, '.#50-DeviceAllow.conf5f1e')).toEqual([]);
    expect(finder.concerns('inner', '50-DeviceAllow.conf')).toBe('all');
  });

  test('for the first time concerns the guest too, and it is listened to from then on', async () => {
    make('etc');
    make('run');
    const { finder, concerns, heard } = finding(M1, M2);
    await finder.find();
    expect(concerns('run', 'system.control')).toEqual([{ unitsOf: ['m1', 'm2'] }]);
    expect(concerns('etc', 'transient')).toEqual([]);
    make('run/system.control');
    await finder.locate('m1');
    expect(concerns('run/system.control', 'systemd-nspawn@m1.service.d')).toEqual([{ unitsOf: ['m1'] }]);
    expect(concerns('run/system.control', 'odd.scope.d')).toEqual([{ unitsOf: ['m2'] }]);
    expect(concerns('run/system.control', 'machine.slice.d')).toEqual([{ unitsOf: ['m1', 'm2'] }]);
    expect(concerns('run/system.control', 'cron.service.d')).toEqual([]);
    make('run/system.control/machine.slice.d');
    await finder.locate('m1');
    await finder.locate('m2');
    expect(concerns('run/system.control/machine.slice.d', '50-DeviceAllow.conf')).toEqual([
      { unitsOf: ['m1'] },
      { unitsOf: ['m2'] },
    ]);
    expect(new Set(heard().map(dirname))).toEqual(new Set(['.', 'run', 'run/system.control']));
  });
});

test('a guest that ended is no concern of its unit any more', async () => {
  make('run/system.control');
  const { finder, concerns, becomes } = finding(M1, M2);
  const told = () => concerns('run/system.control', 'systemd-nspawn@m1.service.d');
  await finder.find();
  expect(told()).toEqual([{ unitsOf: ['m1'] }]);
  becomes(guest('m1'), M2);
  await finder.locate('m1');
  expect(told()).toEqual([]);
  becomes(M1, M2);
  await finder.locate('m1');
  expect(told()).toEqual([{ unitsOf: ['m1'] }]);
  becomes(M2);
  await finder.find();
  expect(told()).toEqual([]);
});

test('nobody listens for a guest that is gone, nor for one that has ended, and for the next of its units again', async () => {
  const own = ['run/system.control/systemd-nspawn@m1.service.d', 'run/system.control/odd.scope.d'];
  const shared = ['run', 'run/system.control', 'run/system.control/machine.slice.d'];
  for (const path of [...own, ...shared]) make(path);
  const { finder, heard, concerns, becomes } = finding(M1, M2);
  await finder.find();
  expect(new Set(heard())).toEqual(new Set([...own, ...shared]));
  becomes(M2);
  await finder.locate('m1');
  expect(new Set(heard())).toEqual(new Set([...own.slice(1), ...shared]));
  expect(concerns('run/system.control/machine.slice.d', '50-DeviceAllow.conf')).toEqual([{ unitsOf: ['m2'] }]);
  becomes(M1, guest('m2'));
  await finder.find();
  expect(new Set(heard())).toEqual(new Set([...own.slice(0, 1), ...shared]));
  expect(concerns(own[0] ?? '', '50-DeviceAllow.conf')).toEqual([{ unitsOf: ['m1'] }]);
  becomes();
  await finder.find();
  expect(heard()).toEqual([]);
});

test('a look that was begun before another takes nothing from what that one saw', async () => {
  make('run/system.control/systemd-nspawn@m1.service.d');
  const { finder, heard, becomes, holdBack } = finding();
  const letGo = holdBack();
  const late = finder.find();
  becomes(M1);
  await finder.locate('m1');
  letGo();
  await late;
  expect(heard()).toContain('run/system.control/systemd-nspawn@m1.service.d');
});
