import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdirSync, openSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { isRoot } from './executor-client.ts';
import { DEVICES_ROOT } from './hierarchies.ts';
import { Listening, until } from './listening.ts';
import { noteCgroup } from './noted.ts';
import { startTime } from './start-time.ts';
import { TestGuest } from './test-guest.ts';

const ZERO = 'c:1:5';
const HOLD = join(import.meta.dirname, '../../native/build/fixtures/hold');

describe.runIf(isRoot)('processes of a guest', () => {
  let executor: Listening;
  let guest: TestGuest;
  const others: ChildProcess[] = [];

  beforeEach(async () => {
    executor = await Listening.start();
    guest = await TestGuest.start();
    await executor.ask(guest.opening);
  });
  afterEach(async () => {
    for (const other of others.splice(0)) await end(other);
    await guest.stop();
    await executor.stop();
  });

  /** A process in a cgroup that holds /dev/zero. */
  async function holder(cgroup = guest.cgroup): Promise<{ readonly pid: number; readonly child: ChildProcess }> {
    const script = `echo $$ > ${DEVICES_ROOT}${cgroup}/cgroup.procs && exec sleep 600 7< /dev/zero`;
    const child = spawn('sh', ['-c', script], { stdio: 'ignore' });
    others.push(child);
    const pid = child.pid ?? 0;
    await until(() => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n' || undefined);
    return { pid, child };
  }

  test('inits names the guest with its start time, and nobody else', async () => {
    await holder();
    const rows = await executor.ask(`inits ${guest.cgroup}`);
    expect(rows).toEqual([`row ${guest.pid} ${startTime(guest.pid)}`, 'ok 1']);
  });

  test('of inits one below the other the outer one is named', async () => {
    const below = `${guest.cgroup}/inner`;
    const procs = `${DEVICES_ROOT}${below}/cgroup.procs`;
    mkdirSync(`${DEVICES_ROOT}${below}`);
    const script = `echo $$ > ${procs} && exec unshare -p -f unshare -p -f sleep 600`;
    const nested = spawn('sh', ['-c', script], { stdio: 'ignore' });
    const pids = await eventually(() => {
      const found = readFileSync(procs, 'utf8').split('\n').filter(Boolean).map(Number);
      expect(found.map(depth)).toContain(2);
      return found;
    });
    const outer = pids.find((pid) => depth(pid) === 1);
    if (outer === undefined) throw new Error('nobody is the outer one');
    expect(await executor.ask(`inits ${below}`)).toEqual([`row ${outer} ${startTime(outer)}`, 'ok 1']);
    expect(await executor.ask(`inits ${guest.cgroup}`)).toEqual([`row ${guest.pid} ${startTime(guest.pid)}`, 'ok 1']);
    process.kill(outer, 'SIGKILL');
    await end(nested);
    await eventually(() => expect(readFileSync(procs, 'utf8')).toBe(''));
    rmdirSync(`${DEVICES_ROOT}${below}`);
  });

  test.each(['/nonexistent', 'relative', '/../..', '/a/..'])('inits of %s is refused', async (cgroup) => {
    expect((await executor.ask(`inits ${cgroup}`)).at(-1)).toMatch(/^fail \d+ cgroup /);
  });

  test('an init near the top is found whatever cgroups the users of its guest have made', async () => {
    const systemd = await TestGuest.start({ below: 'init.scope' });
    const [users, remove] = manyCgroups(`${systemd.cgroup}/user.slice`);
    expect(await executor.ask(`inits ${systemd.cgroup}`)).toEqual([
      `row ${systemd.pid} ${startTime(systemd.pid)}`,
      'ok 1',
    ]);
    // Where there is none so near, nobody knows.
    expect(await executor.ask(`inits ${users}`)).toEqual([`fail 7 cgroup ${users}`]);
    remove();
    expect(await executor.ask(`inits ${users}`)).toEqual(['ok 0']);
    rmdirSync(`${DEVICES_ROOT}${users}`);
    await systemd.stop();
  });

  test('holders are named by pid, start time and command', async () => {
    const { pid } = await holder();
    expect(await executor.ask(`holders ${guest.name} ${ZERO}`)).toEqual([`row ${pid} ${startTime(pid)} sleep`, 'ok 1']);
    expect(await executor.ask(`holders ${guest.name} b:1:5`)).toEqual(['ok 0']);
    expect(await executor.ask(`holders ${guest.name} c:10:1`)).toEqual(['ok 0']);
  });

  test('a holder is found in a cgroup whose name begins with a dot: on v2 lxc-attach puts processes there', async () => {
    const below = `${guest.cgroup}/.lxc`;
    mkdirSync(`${DEVICES_ROOT}${below}`);
    const { pid, child } = await holder(below);
    expect(await executor.ask(`holders ${guest.name} ${ZERO}`)).toEqual([`row ${pid} ${startTime(pid)} sleep`, 'ok 1']);
    await end(child);
    rmdirSync(`${DEVICES_ROOT}${below}`);
  });

  test.each(['thread', 'leader'])('a holder is found whose %s has it among files of its own', async (how) => {
    const script = `echo $$ > ${DEVICES_ROOT}${guest.cgroup}/cgroup.procs && exec ${HOLD} /dev/zero ${how}`;
    const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    others.push(child);
    await once(child.stdout, 'data');
    const pid = child.pid ?? 0;
    await eventually(async () =>
      expect(await executor.ask(`holders ${guest.name} ${ZERO}`)).toEqual([
        `row ${pid} ${startTime(pid)} hold`,
        'ok 1',
      ]),
    );
  });

  test('a holder is found however deep below the guest, and told once', async () => {
    const folders = Array.from({ length: 40 }, (_, depth) => `${guest.cgroup}${'/n'.repeat(depth + 1)}`);
    for (const folder of folders) mkdirSync(`${DEVICES_ROOT}${folder}`);
    const near = await holder();
    const deep = await holder(folders.at(-1));
    const rows = await executor.ask(`holders ${guest.name} ${ZERO}`);
    expect([...rows].sort()).toEqual(
      [...[near, deep].map(({ pid }) => `row ${pid} ${startTime(pid)} sleep`), 'ok 2'].sort(),
    );
    await end(deep.child);
    for (const folder of folders.reverse()) rmdirSync(`${DEVICES_ROOT}${folder}`);
  });

  test('somebody else who holds the device is not the guest', async () => {
    const own = openSync('/dev/zero', constants.O_RDONLY);
    expect(await executor.ask(`holders ${guest.name} ${ZERO}`)).toEqual(['ok 0']);
    closeSync(own);
  });

  test('a holder can be told to end', async () => {
    const { pid, child } = await holder();
    const ended = once(child, 'exit');
    expect(await executor.ask(`signal ${guest.name} ${pid} ${startTime(pid)} TERM`)).toEqual(['ok']);
    expect(await ended).toEqual([null, 'SIGTERM']);
  });

  test('a pid with another start time is somebody else', async () => {
    const { pid } = await holder();
    const answer = await executor.ask(`signal ${guest.name} ${pid} ${startTime(pid) + 1n} KILL`);
    expect(answer).toEqual([`fail 3 pidfd_open ${pid}`]);
    process.kill(pid, 0);
  });

  test('a process outside the guest is not touched', async () => {
    const outside = `/hostler-test-outside-${process.pid}`;
    noteCgroup(outside.slice(1));
    mkdirSync(`${DEVICES_ROOT}${outside}`);
    const { pid, child } = await holder(outside);
    expect(await executor.ask(`signal ${guest.name} ${pid} ${startTime(pid)} KILL`)).toEqual([`fail 1 cgroup ${pid}`]);
    process.kill(pid, 0);
    await end(child);
    rmdirSync(`${DEVICES_ROOT}${outside}`);
  });

  test('only TERM and KILL are sent', async () => {
    const { pid } = await holder();
    const answer = await executor.ask(`signal ${guest.name} ${pid} ${startTime(pid)} STOP`);
    expect(answer).toEqual(['fail 22 protocol signal']);
  });
});

/** A cgroup with more below it than the executor looks into, and what removes those. */
function manyCgroups(cgroup: string): readonly [cgroup: string, remove: () => void] {
  const folders = Array.from({ length: 4200 }, (_, at) => `${DEVICES_ROOT}${cgroup}/n${at}`);
  mkdirSync(`${DEVICES_ROOT}${cgroup}`);
  for (const folder of folders) mkdirSync(folder);
  const remove = () => {
    for (const folder of folders) rmdirSync(folder);
  };
  return [cgroup, remove];
}

/** How many PID namespaces below the first. */
function depth(pid: number): number {
  const line = /^NSpid:\s+(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  return line.split('\t').length - 1;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
