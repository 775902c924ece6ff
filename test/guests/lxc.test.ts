import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withKnownInits } from '../../src/guests/known-inits.ts';
import { lxcFinder, lxcNames } from '../../src/guests/lxc.ts';
import type { Host } from '../../src/ports/host.ts';
import { emptyWorld } from '../devices/world.ts';
import { fakeHost } from '../fakes/host.ts';
import { Machine, type Start } from '../fakes/machine.ts';
import { startTime } from '../kernel/start-time.ts';

let folder: string;
let lxcPath: string;
let hierarchy: string;
let tools: string[];
let stops: string[];
const monitors: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostler-lxc-'));
  lxcPath = join(folder, 'lxc');
  hierarchy = join(folder, 'cgroup');
  for (const path of [lxcPath, hierarchy]) mkdirSync(path);
  tools = [join(folder, 'lxc-cgroup'), join(folder, 'not-installed')];
  stops = [join(folder, 'lxc-stop')];
  for (const name of ['lxc-cgroup', 'lxc-stop']) writeFileSync(join(folder, name), '');
});
afterEach(async () => {
  for (const monitor of monitors.splice(0)) {
    const ended = once(monitor, 'exit');
    monitor.kill();
    await ended;
  }
  rmSync(folder, { recursive: true });
});

function configure(name: string, config = ''): void {
  mkdirSync(join(lxcPath, name), { recursive: true });
  writeFileSync(join(lxcPath, name, 'config'), config);
}

function finder() {
  const machine = new Machine();
  const host = fakeHost(machine);
  const runs = (name: string, pid: number, cgroup = `/lxc.payload.${name}`, stage: Start['stage'] = 'ready') =>
    machine.guests.set(name, {
      instance: { pid, startTime: '99', cgroup },
      world: emptyWorld(),
      limits: {},
      counters: {},
      held: {},
      stage,
    });
  return { machine, host, runs, lxc: lxcFinder({ host, lxcPath, hierarchy, tools, stops }) };
}

/** A process as LXC's monitor calls itself; answers the pid of the child that stands for the guest's init. */
async function monitored(title: string): Promise<number> {
  const monitor = spawn('sh', ['-c', 'exec 3<&0; read line <&3 & echo $!; wait'], {
    argv0: title,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  monitors.push(monitor);
  const [pid] = await once(monitor.stdout.setEncoding('utf8'), 'data');
  return Number(pid);
}

test('a folder with a config is a guest, whether it runs or not; other folders and files are none', async () => {
  configure('web1');
  configure('web2');
  mkdirSync(join(lxcPath, 'no-config'));
  writeFileSync(join(lxcPath, 'file'), '');
  const { lxc, runs } = finder();
  runs('web2', process.pid);
  const instance = { pid: process.pid, startTime: '99', cgroup: '/lxc.payload.web2' };
  const found = await lxc.find();
  expect(found.ok && [...found.value.guests].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
    { name: 'web1', runtime: 'lxc' },
    { name: 'web2', runtime: 'lxc', instance },
  ]);
  expect(found).toMatchObject({ value: { starting: [], unheard: [] } });
  expect(await lxc.locate('web2')).toEqual({ ok: true, value: { name: 'web2', runtime: 'lxc', instance } });
  expect(await lxc.locate('no-config')).toEqual({ ok: true, value: undefined });
});

test('a guest whose folder is a link to one elsewhere is a guest like any other, and one whose link dangles is none', async () => {
  const elsewhere = join(folder, 'srv');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'config'), '');
  symlinkSync(elsewhere, join(lxcPath, 'web1'));
  symlinkSync(join(folder, 'nowhere'), join(lxcPath, 'web2'));
  const { lxc, runs } = finder();
  runs('web1', process.pid);
  const guest = { name: 'web1', runtime: 'lxc', instance: { pid: process.pid, cgroup: '/lxc.payload.web1' } };
  expect(await lxc.locate('web1')).toMatchObject({ value: guest });
  expect(await lxc.find()).toMatchObject({ value: { guests: [guest], starting: [] } });
  expect(await lxc.locate('web2')).toEqual({ ok: true, value: undefined });
  expect(lxcNames(lxcPath)).toEqual(['web1']);
});

test('a guest whose cgroup has no init yet is starting', async () => {
  configure('web1');
  configure('web2');
  const { lxc, runs } = finder();
  runs('web1', process.pid, '/lxc.payload.web1', 'cgroup');
  expect(await lxc.find()).toMatchObject({ ok: true, value: { starting: ['web1'] } });
});

test('a guest in whose cgroup the search is cut is starting until its init is met, and runs from then on', async () => {
  configure('web1');
  const { host } = finder();
  let isCut = true;
  const init = { pid: process.pid, startTime: String(startTime(process.pid)) };
  const cut = { ok: false, failed: { errno: 'E2BIG', call: 'cgroup', subject: '' } } as const;
  const inits: Host['inits'] = async () => (isCut ? cut : { ok: true, value: [init] });
  const lxc = lxcFinder({ host: withKnownInits({ ...host, inits }), lxcPath, hierarchy, tools, stops });
  expect(await lxc.find()).toMatchObject({ ok: true, value: { guests: [{ name: 'web1' }], starting: ['web1'] } });
  isCut = false;
  await lxc.find();
  isCut = true;
  const instance = { ...init, cgroup: '/lxc.payload.web1' };
  expect(await lxc.find()).toMatchObject({ ok: true, value: { guests: [{ instance }], starting: [] } });
  expect(await lxc.locate('web1')).toMatchObject({ ok: true, value: { instance } });
});

test('a guest without an init is looked for as long as its monitor answers', async () => {
  configure('web1');
  const { lxc } = finder();
  const monitor = createServer().listen(`\0${lxcPath}/web1/command`);
  await once(monitor, 'listening');
  expect(await Promise.all(['web1', 'web2'].map(lxc.awaitsInit))).toEqual([true, false]);
  monitor.close();
  await once(monitor, 'close');
  await setImmediate(); // who asks in one turn is told the same
  expect(await lxc.awaitsInit('web1')).toBe(false);
});

test.each([
  ['where LXC 2 and 3 put it', '', '/lxc/web1'],
  ['where its configuration says', 'lxc.cgroup.dir.container = lxc/101', '/lxc/101'],
  ['below the folder that its configuration says', 'lxc.cgroup.dir = guests', '/guests/lxc.payload.web1'],
])('a guest is found %s', async (_where, config, cgroup) => {
  configure('web1', config);
  const { lxc, runs } = finder();
  runs('web1', process.pid, cgroup);
  expect(await lxc.locate('web1')).toMatchObject({ ok: true, value: { instance: { cgroup } } });
});

test('a namesake from another LXC folder is not taken for the guest', async () => {
  configure('web1');
  const { lxc, runs } = finder();
  runs('web1', await monitored('[lxc monitor] /elsewhere web1'));
  expect(await lxc.locate('web1')).toEqual({ ok: true, value: { name: 'web1', runtime: 'lxc' } });
  runs('web1', await monitored(`[lxc monitor] ${lxcPath} web1`));
  expect(await lxc.locate('web1')).toMatchObject({ ok: true, value: { instance: {} } });
});

test('an executor that is not there says nothing about any guest', async () => {
  configure('web1');
  const { lxc, machine } = finder();
  machine.line.end();
  expect(await lxc.locate('web1')).toMatchObject({ ok: false, failed: { call: 'executor' } });
  expect(await lxc.find()).toMatchObject({ ok: false, failed: { call: 'executor' } });
});

test('a folder of guests that is not there has none, which is told until it is', async () => {
  const { host } = finder();
  const lxc = lxcFinder({ host, lxcPath: join(folder, 'nowhere'), hierarchy: join(folder, 'nowhere'), tools, stops });
  const unread = { code: 'W_FOLDER', subject: join(folder, 'nowhere'), detail: 'there is no such folder' };
  expect(await lxc.find()).toEqual({ ok: true, value: { guests: [], starting: [], unheard: [unread] } });
  mkdirSync(join(folder, 'nowhere'));
  expect(await lxc.find()).toEqual({ ok: true, value: { guests: [], starting: [], unheard: [] } });
});

test('every folder that tells of guests is watched, and what keeps one from being heard is told', async () => {
  configure('web1');
  mkdirSync(join(hierarchy, 'lxc'));
  const { lxc, host } = finder();
  await lxc.find();
  expect([...host.folders.values()].sort()).toEqual(
    [lxcPath, hierarchy, join(hierarchy, 'lxc'), join(lxcPath, 'web1'), join(folder, 'lxc-cgroup'), ...stops].sort(),
  );
  const deaf = { ok: false, failed: { errno: 'ENOSPC', call: 'inotify_add_watch', subject: '' } } as const;
  const unheard = await lxcFinder({
    host: { ...host, watchFolder: async () => deaf },
    lxcPath,
    hierarchy,
    tools,
    stops: [],
  }).find();
  expect(unheard.ok && unheard.value.unheard).toContainEqual({
    code: 'E_WATCH',
    subject: lxcPath,
    detail: 'inotify_add_watch ENOSPC',
  });
});

test('what changes in a watched folder concerns one guest, all, or nobody', async () => {
  configure('web1');
  mkdirSync(join(hierarchy, 'lxc'));
  const { lxc, host } = finder();
  await lxc.find();
  const ids = new Map([...host.folders].map(([id, path]) => [path, id]));
  const concerns = (path: string, name: string) => lxc.concerns(ids.get(path) ?? '', name);
  expect(concerns(lxcPath, 'new')).toBe('all');
  expect(concerns(join(lxcPath, 'web1'), 'config')).toEqual({ guest: 'web1' });
  expect(concerns(join(lxcPath, 'web1'), 'rootfs')).toBeUndefined();
  expect(concerns(hierarchy, 'lxc.payload.web1')).toEqual({ guest: 'web1' });
  expect(concerns(hierarchy, 'lxc.payload.web1-3')).toEqual({ guest: 'web1' });
  expect(concerns(hierarchy, 'lxc.payload.stranger')).toBeUndefined();
  expect(concerns(hierarchy, 'lxc.monitor.web1')).toBeUndefined();
  expect(concerns(hierarchy, 'lxc')).toBe('all');
  expect(concerns(join(hierarchy, 'lxc'), 'web1')).toEqual({ guest: 'web1' });
  expect(concerns(join(folder, 'lxc-cgroup'), '')).toBe('permissions');
  expect(concerns(join(folder, 'lxc-stop'), '')).toBe('stops');
  expect(lxc.concerns('of somebody else', 'web1')).toBeUndefined();
});

test('the names of guests are those of folders with a configuration', () => {
  configure('web1');
  mkdirSync(join(lxcPath, 'half-made'));
  expect(lxcNames(lxcPath)).toEqual(['web1']);
  expect(lxcNames(join(folder, 'nonexistent'))).toEqual([]);
});

test("LXC's monitor sees to a guest over its starts, for as long as it is there", async () => {
  const { lxc } = finder();
  const keeper = lxc.keeper({ pid: await monitored('[lxc monitor] /var/lib/lxc web1'), startTime: '99', cgroup: '/x' });
  expect(keeper !== undefined && lxc.isAtWork(keeper)).toBe(true);
  const [pid = '', startTime = ''] = (keeper ?? '').split(' ');
  expect(lxc.isAtWork(`${pid} ${BigInt(startTime) + 1n}`)).toBe(false);
  const at = monitors.findIndex((one) => one.pid === Number(pid));
  for (const monitor of monitors.splice(at, 1)) {
    const ended = once(monitor, 'exit');
    monitor.kill();
    await ended;
  }
  expect(keeper !== undefined && lxc.isAtWork(keeper)).toBe(false);
});

test('a guest of which nobody can say the name is none, and told', async () => {
  configure('web1');
  mkdirSync(Buffer.concat([Buffer.from(`${lxcPath}/bad`), Buffer.of(0xff)]));
  writeFileSync(Buffer.concat([Buffer.from(`${lxcPath}/bad`), Buffer.of(0xff), Buffer.from('/config')]), '');
  const { lxc } = finder();
  expect(await lxc.find()).toMatchObject({
    value: {
      guests: [{ name: 'web1' }],
      nameless: [{ code: 'E_GUEST_NAME', subject: `${lxcPath}/bad\\xff`, detail: 'is not UTF-8' }],
    },
  });
});
