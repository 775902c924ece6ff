import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { nspawnUnits, registeredCgroup, unitCgroup } from '../../src/guests/nspawn-cgroup.ts';
import { runNspawn } from '../fakes/nspawn.ts';

test("a machine's cgroup is that of its unit, not what the machine made below it", () => {
  const unit = 'systemd-nspawn@m1.service';
  const path = '/machine.slice/systemd-nspawn@m1.service';
  expect(unitCgroup(`0::${path}/payload/init.scope\n`, unit)).toBe(path);
  expect(unitCgroup(`1:name=systemd:/elsewhere\n0::${path}/payload\n`, unit)).toBe(path);
  expect(unitCgroup(`4:cpu,devices:${path}\n0::/\n`, unit)).toBe(path);
  expect(unitCgroup('0::/system.slice/_cpu.service/payload\n', 'cpu.service')).toBe('/system.slice/_cpu.service');
  expect(unitCgroup('0::/user.slice\n', unit)).toBeUndefined();
  expect(registeredCgroup({ leader: '0', unit })).toBeUndefined();
});

async function hierarchyWith() {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-units-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const nspawn = await runNspawn();
  const other = spawn('/bin/sleep', ['60'], { stdio: 'ignore' });
  onTestFinished(() => void other.kill());
  await once(other, 'spawn');
  const hierarchy = join(folder, 'cgroup');
  const holds = (cgroup: string, ...pids: readonly (number | undefined)[]) => {
    mkdirSync(join(hierarchy, cgroup), { recursive: true });
    writeFileSync(join(hierarchy, cgroup, 'cgroup.procs'), pids.map((pid) => `${pid}\n`).join(''));
  };
  return { hierarchy, holds, nspawn: nspawn.pid, other: other.pid };
}

test('of all units those are looked at in which an nspawn runs, in slices of any depth', async () => {
  const { hierarchy, holds, nspawn, other } = await hierarchyWith();
  holds('system.slice/plain.service/supervisor', nspawn);
  holds('machine.slice/machine-db.slice/machine-db1.scope', nspawn);
  holds('system.slice/cron.service', other);
  holds('system.slice/ended.service/supervisor', 0);
  holds('lxc.payload.web1/supervisor', nspawn);
  expect([...nspawnUnits(hierarchy)].sort()).toEqual([
    '/machine.slice/machine-db.slice/machine-db1.scope',
    '/system.slice/plain.service',
  ]);
  expect(nspawnUnits(join(hierarchy, 'nowhere'))).toEqual([]);
});

test('of a unit with thousands of processes only the first are looked at', async () => {
  const { hierarchy, holds, nspawn, other } = await hierarchyWith();
  const many = Array<number | undefined>(5000).fill(other);
  holds('system.slice/database.service', ...many, nspawn);
  holds('system.slice/guest.service', other, nspawn, ...many);
  expect(nspawnUnits(hierarchy)).toEqual(['/system.slice/guest.service']);
});
