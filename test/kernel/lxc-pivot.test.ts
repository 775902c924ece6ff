import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { endProcess, inCgroup } from '../scenarios/in-cgroup.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { LIFE_ROOTS } from './hierarchies.ts';
import { noteCgroup } from './noted.ts';

/** $1: the title, after which it is in the shell's cgroup. */
const TITLED = 'exec -a "$1" sleep 600';

// In a cgroup of its own: monitors that others have at the root of the hierarchy are none of this one's.
describe.skipIf(!isRoot).each(LIFE_ROOTS)('what monitors of LXC leave together, on $where', ({ root }) => {
  let executor: ExecutorClient;
  const name = `hostler-test-pivot-${process.pid}`;
  const parent = `${root}/${name}`;
  const pivot = `${parent}/lxc.pivot`;
  const processes: ChildProcess[] = [];

  beforeEach(async () => {
    executor = new ExecutorClient();
    await executor.tell('status'); // it is in its namespaces
    noteCgroup(name);
    for (const folder of [parent, pivot]) mkdirSync(folder);
  });
  afterEach(async () => {
    for (const one of processes.splice(0)) await endProcess(one);
    await executor.stop();
    await eventually(() => remove(parent));
  });

  /** The word of the cgroup that a monitor had beside it. */
  const monitor = (path = `/${name}/lxc.monitor.web`) => `cgroup:${statSync(root).dev}:7:${path}`;
  const clear = (...words: readonly string[]) => executor.tell(['clear-pivot', ...words].join(' '));
  const isThere = () => existsSync(pivot);
  /** Elsewhere a guest may be about to be started: then it is tried again. */
  const goes = () =>
    eventually(async () => {
      expect(await clear(monitor())).toBe('ok');
      expect(isThere()).toBe(false);
    });
  /** Somebody in that cgroup, with that title. */
  async function run(folder: string, title: string): Promise<number> {
    const child = inCgroup([folder], 'bash', '-c', TITLED, 'bash', title);
    processes.push(child);
    await eventually(() => expect(readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').split('\0')[0]).toBe(title));
    return child.pid ?? expect.fail();
  }

  test('goes when no monitor is there any more, and nothing else that is empty', async () => {
    const others = ['lxc.payload.web', 'lxc.pivot.old', 'web'];
    for (const one of others) mkdirSync(`${parent}/${one}`);
    await goes();
    expect(folders(parent)).toEqual(others);
    expect(await clear(monitor())).toBe('ok');
  });

  test.each(['lxc.monitor.web', 'lxc.monitor.other-1', 'lxc.monitor'])('stays beside %s', async (other) => {
    mkdirSync(`${parent}/${other}`);
    expect(await clear(monitor())).toBe('ok');
    expect(isThere()).toBe(true);
    rmdirSync(`${parent}/${other}`);
    await goes();
  });

  test('stays as long as somebody is in it, or has a cgroup below it', async () => {
    mkdirSync(`${pivot}/below`);
    await eventually(async () => expect(await clear(monitor())).toBe(`fail 16 rmdir /${name}/lxc.pivot`));
    rmdirSync(`${pivot}/below`);
    const pid = await run(pivot, '[lxc monitor] /var/lib/lxc web');
    await eventually(async () => expect(await clear(monitor())).toBe(`fail 16 rmdir /${name}/lxc.pivot`));
    expect(readFileSync(`${pivot}/cgroup.procs`, 'utf8')).toBe(`${pid}\n`);
    await endProcess(processes[0] ?? expect.fail());
    await goes();
  });

  test('stays as long as a monitor may go anywhere, and not for one that has a place of its own elsewhere', async () => {
    const elsewhere = `${parent}/elsewhere`;
    for (const folder of [elsewhere, `${elsewhere}/lxc.monitor.db`]) mkdirSync(folder);
    await run(`${elsewhere}/lxc.monitor.db`, '[lxc monitor] /var/lib/lxc db');
    await run(elsewhere, 'sleep');
    await run(elsewhere, '[lxc monitor] /var/lib/lxc web');
    expect(await clear(monitor())).toMatch(/^fail 16 monitor \d+$/);
    expect(isThere()).toBe(true);
    await endProcess(processes[2] ?? expect.fail());
    await goes();
  });

  test('is not looked for beside what is no cgroup of a monitor, nor in a hierarchy that is not there', async () => {
    const net = 'net:4026531840:1';
    for (const word of [monitor(`/${name}/lxc.payload.web`), monitor(`/${name}/web`), net])
      expect(await clear(word)).toMatch(/^fail 22 /);
    expect(await clear(`cgroup:1:7:/${name}/lxc.monitor.web`)).toBe('ok');
    expect(isThere()).toBe(true);
  });
});

function folders(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? entry.name : []))
    .sort();
}

function remove(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of folders(folder)) remove(`${folder}/${name}`);
  rmdirSync(folder);
}
