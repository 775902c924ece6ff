import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { searchInits } from '../../src/guests/nspawn-inits.ts';
import type { Host } from '../../src/ports/host.ts';
import { fakeHost } from '../fakes/host.ts';
import { Machine } from '../fakes/machine.ts';
import { runNspawn } from '../fakes/nspawn.ts';

const UNITS = ['m1', 'm2', 'm3'].map((name) => `/system.slice/${name}.service`);

let machine: Machine;
let hierarchy: string;
let asked: string[];
let withoutInit: readonly string[];

beforeEach(async () => {
  machine = new Machine();
  asked = [];
  withoutInit = [];
  const folder = mkdtempSync(join(tmpdir(), 'hostler-inits-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  hierarchy = join(folder, 'cgroup');
  const nspawn = await runNspawn();
  for (const unit of UNITS) {
    mkdirSync(join(hierarchy, unit, 'supervisor'), { recursive: true });
    writeFileSync(join(hierarchy, unit, 'supervisor/cgroup.procs'), `${nspawn.pid}\n`);
  }
});

function search() {
  const host: Host = {
    ...fakeHost(machine),
    async inits(cgroup) {
      asked.push(cgroup);
      // This very process has the host's own folders mounted, and stands for the init of the second unit.
      const init = { pid: cgroup === UNITS[1] ? process.pid : 0, startTime: '1' };
      return { ok: true, value: withoutInit.includes(cgroup) ? [] : [init] };
    },
  };
  return searchInits(host, hierarchy);
}

test('a machine that nobody registered is the one of all units that has its folder mounted', async () => {
  expect(await search().unregistered('/proc')).toEqual({
    ok: true,
    value: { pid: process.pid, startTime: '1', cgroup: UNITS[1] },
  });
  expect(await search().unregistered('/proc/self')).toEqual({ ok: true, value: undefined });
});

test('the units are looked through once, however many machines are searched for', async () => {
  const { unregistered } = search();
  await Promise.all([unregistered('/proc'), unregistered('/sys'), unregistered('/nowhere')]);
  await unregistered('/proc');
  expect([...asked].sort()).toEqual(UNITS);
});

test('an init is awaited while nspawn runs in a unit that has none', async () => {
  expect(await search().isAwaited()).toBe(false);
  withoutInit = UNITS.slice(2);
  expect(await search().isAwaited()).toBe(true);
  expect(await search().unregistered('/proc')).toMatchObject({ value: { pid: process.pid } });
  rmSync(join(hierarchy, 'system.slice/m3.service'), { recursive: true });
  expect(await search().isAwaited()).toBe(false);
});

test('a machine that is registered and whose leader runs elsewhere is not there, and no unit is looked through', async () => {
  const found = await search().registered({ leader: String(process.pid), unit: 'no-such.service' });
  expect(found).toEqual({ ok: true, value: undefined });
  expect(asked).toEqual([]);
});

test('an executor that is not there says nothing about a machine', async () => {
  const { unregistered } = searchInits(fakeHost(machine), hierarchy);
  machine.line.end();
  expect(await unregistered('/proc')).toMatchObject({ ok: false, failed: { call: 'executor' } });
});
