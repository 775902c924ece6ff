import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nspawnFinder, nspawnNames } from '../../src/guests/nspawn.ts';
import { fakeHost } from '../fakes/host.ts';
import { Machine } from '../fakes/machine.ts';
import { runNspawn } from '../fakes/nspawn.ts';

let folder: string;
let folders: { readonly run: string; readonly settings: string; readonly images: string; readonly hierarchy: string };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-nspawn-'));
  const [run = '', settings = '', images = '', hierarchy = ''] = ['run', 'etc', 'lib', 'cgroup'].map((name) =>
    join(folder, name),
  );
  folders = { run, settings, images, hierarchy };
  for (const path of Object.values(folders)) mkdirSync(path);
});
afterEach(() => rmSync(folder, { recursive: true }));

function finder() {
  const machine = new Machine();
  const host = fakeHost(machine);
  return { machine, host, nspawn: nspawnFinder({ host, ...folders }) };
}

function registers(name: string, leader: number): void {
  mkdirSync(join(folders.run, 'machines'), { recursive: true });
  const text = `NAME=${name}\nSCOPE=machine-${name}.scope\nSERVICE=systemd-nspawn\nLEADER=${leader}\n`;
  writeFileSync(join(folders.run, 'machines', name), text);
  writeFileSync(join(folders.run, 'machines', `unit:machine-${name}.scope`), text);
}

test('machines that have settings or an image are known, and stopped', async () => {
  writeFileSync(join(folders.settings, 'm1.nspawn'), '');
  mkdirSync(join(folders.images, 'm1'));
  mkdirSync(join(folders.images, 'm2'));
  writeFileSync(join(folders.images, 'm3.raw'), '');
  mkdirSync(join(folders.images, '.#m4'));
  const { nspawn } = finder();
  const found = await nspawn.find();
  expect(found.ok && found.value.guests.map(({ name }) => name).sort()).toEqual(['m1', 'm2', 'm3']);
  expect(found.ok && found.value.starting).toEqual([]);
  expect(await nspawn.locate('m3')).toEqual({ ok: true, value: { name: 'm3', runtime: 'nspawn' } });
  expect([...nspawnNames(folders)].sort()).toEqual(['m1', 'm2', 'm3']);
  expect(await nspawn.locate('m4')).toEqual({ ok: true, value: undefined });
});

test('one that nspawn has begun with and that has no init yet is starting', async () => {
  mkdirSync(join(folders.run, 'nspawn/propagate/m1'), { recursive: true });
  registers('m2', 0);
  const found = await finder().nspawn.find();
  expect(found).toMatchObject({
    ok: true,
    value: { guests: [{ name: 'm2' }, { name: 'm1' }], starting: ['m2', 'm1'], unheard: [] },
  });
});

test('an init that nspawn is at work on is awaited, of a machine that machined does not know', async () => {
  const nspawn = await runNspawn();
  const unit = join(folders.hierarchy, 'system.slice/m1.service');
  mkdirSync(join(folders.run, 'nspawn/propagate/m1'), { recursive: true });
  mkdirSync(unit, { recursive: true });
  const { awaitsInit } = finder().nspawn;
  expect(await awaitsInit('m1')).toBe(false); // what is left of one that was killed
  writeFileSync(join(unit, 'cgroup.procs'), `${nspawn.pid}\n`);
  expect(await Promise.all(['m1', 'm2'].map(awaitsInit))).toEqual([true, false]);
  registers('m1', 0);
  expect(await awaitsInit('m1')).toBe(false);
});

test('an executor that is not there says nothing about a guest', async () => {
  writeFileSync(join(folders.settings, 'm1.nspawn'), '');
  const { machine, nspawn } = finder();
  expect(await nspawn.locate('m1')).toMatchObject({ ok: true });
  machine.line.end();
  expect(await nspawn.locate('m1')).toMatchObject({ ok: true }); // nothing had to be asked
});

test('a host on which nspawn never ran has no guest, and that is no failure', async () => {
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  expect(await finder().nspawn.find()).toEqual({ ok: true, value: { guests: [], starting: [], unheard: [] } });
});

test('what changes in a watched folder concerns one guest, all, or nobody', async () => {
  for (const name of ['machines', 'nspawn/propagate']) mkdirSync(join(folders.run, name), { recursive: true });
  const { nspawn, host } = finder();
  await nspawn.find();
  const ids = new Map([...host.folders].map(([id, path]) => [path, id]));
  const concerns = (path: string, name: string) => nspawn.concerns(ids.get(path) ?? '', name);
  expect(ids.size).toBe(6);
  expect(concerns(folders.run, 'machines')).toBe('all');
  expect(concerns(folders.run, 'private')).toBeUndefined();
  expect(concerns(join(folders.run, 'nspawn'), 'propagate')).toBe('all');
  expect(concerns(join(folders.run, 'nspawn'), 'locks')).toBeUndefined();
  expect(concerns(join(folders.run, 'machines'), 'm1')).toEqual({ guest: 'm1' });
  expect(concerns(join(folders.run, 'machines'), 'unit:machine-m1.scope')).toBeUndefined();
  expect(concerns(join(folders.run, 'machines'), '.#m1x7')).toBeUndefined();
  expect(concerns(join(folders.run, 'nspawn/propagate'), 'm1')).toEqual({ guest: 'm1' });
  expect(concerns(folders.settings, 'm1.nspawn')).toEqual({ guest: 'm1' });
  expect(concerns(folders.images, 'm1.raw')).toEqual({ guest: 'm1' });
  expect(nspawn.concerns('of somebody else', 'm1')).toBeUndefined();
});

test('the names of machines are those that nspawn runs or shall run, not those that others registered', () => {
  registers('m1', 17);
  mkdirSync(join(folders.run, 'nspawn/propagate/m2'), { recursive: true });
  writeFileSync(join(folders.run, 'machines/vm1'), 'NAME=vm1\nSERVICE=libvirt-qemu\nLEADER=18\n');
  expect([...nspawnNames(folders)].sort()).toEqual(['m1', 'm2']);
  expect(nspawnNames({ run: '/nonexistent', settings: '/nonexistent', images: '/nonexistent' })).toEqual([]);
});
