import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { until } from './listening.ts';
import { TestGuest } from './test-guest.ts';

const DEVICES = '/sys/fs/cgroup/devices';
const MIB = 1 << 20;
const KIB = 1024;
const CAP_SYS_RESOURCE = 24n;
const capabilities = /^CapEff:\s+(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
const mayRaise = ((BigInt(`0x${capabilities}`) >> CAP_SYS_RESOURCE) & 1n) === 1n;

/** As the process itself may. */
function setSoft(pid: number | undefined, bytes: number): void {
  execFileSync('prlimit', ['--pid', `${pid}`, `--data=${bytes}:`]);
}

/** Soft and hard, as /proc writes them. */
function dataLimit(pid: number | undefined): readonly string[] {
  const line = /^Max data size\s+(\S+)\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'));
  return line?.slice(1) ?? [];
}

describe.runIf(isRoot)('the memory of its own that a process of a guest may have', () => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  const others: ChildProcess[] = [];

  beforeEach(async () => {
    executor = new ExecutorClient();
    guest = await TestGuest.start();
  });
  afterEach(async () => {
    for (const other of others.splice(0)) await end(other);
    await expect.poll(() => readFileSync(`${DEVICES}${guest.cgroup}/cgroup.procs`, 'utf8')).toMatch(/^\d*\n?\d*\n?$/);
    await guest.stop();
    await executor.stop();
  });

  /** A shell in a cgroup that runs this once it is there. */
  async function runs(script: string, cgroup = guest.cgroup): Promise<ChildProcess> {
    const all = `echo $$ > ${DEVICES}${cgroup}/cgroup.procs && echo there && ${script}`;
    const child = spawn('sh', ['-c', all], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
    others.push(child);
    await once(child.stdout ?? child, 'data');
    return child;
  }
  const limit = (bytes: string): Promise<string> => executor.tell(`limit-data ${guest.named} ${bytes}`);

  test('is limited for all that are there, however deep, and for their children', async () => {
    const folders = ['/a', '/a/b'].map((below) => `${guest.cgroup}${below}`);
    for (const folder of folders) mkdirSync(`${DEVICES}${folder}`);
    const here = await runs('read x');
    const deep = await runs('read x; sleep 600 & echo $!; wait', folders[1]);
    const answer = await limit(`${64 * MIB}`);
    // Its init, and the process that waits for that one, are there too.
    expect(answer).toBe('ok 4');
    for (const pid of [here.pid, deep.pid, guest.pid]) expect(dataLimit(pid)).toEqual([`${64 * MIB}`, `${64 * MIB}`]);
    deep.stdin?.write('\n');
    const [child] = await once(deep.stdout ?? deep, 'data');
    expect(dataLimit(Number(child))).toEqual([`${64 * MIB}`, `${64 * MIB}`]);
    expect(dataLimit(process.pid)[0]).toBe('unlimited');
    process.kill(Number(child), 'SIGKILL');
    await end(deep);
    for (const folder of folders.reverse())
      await expect.poll(() => tried(() => rmdirSync(`${DEVICES}${folder}`))).toBe(true);
  });

  test('is what it is refused beyond, and nobody is killed for it', async () => {
    const much = 'my $n = 200 << 20; my $x = "x" x $n';
    const eater = await runs(`read x; perl -e '${much}'; echo "ended $?"`);
    expect(await limit(`${64 * MIB}`)).toMatch(/^ok /);
    eater.stdin?.write('\n');
    const [said] = await once(eater.stdout ?? eater, 'data');
    expect(String(said)).toBe('ended 1\n');
  });

  test('is lowered again, and the second time nothing is to be done', async () => {
    for (const bytes of [128 * MIB, 64 * MIB, 64 * MIB]) {
      expect(await limit(`${bytes}`)).toBe('ok 2');
      expect(dataLimit(guest.pid)).toEqual([`${bytes}`, `${bytes}`]);
    }
  });

  test('is limited for those that are born meanwhile', async () => {
    const bearing = await runs('while :; do sleep 0.01 & wait $!; done');
    expect(await limit(`${256 * MIB}`)).toMatch(/^ok [345]$/);
    const procs = readFileSync(`${DEVICES}${guest.cgroup}/cgroup.procs`, 'utf8').trim().split('\n').map(Number);
    expect(procs.length).toBeGreaterThan(2);
    const found = procs.flatMap(dataLimitIfThere);
    expect(new Set(found)).toEqual(new Set([`${256 * MIB}`]));
    await end(bearing);
  });

  test('leaves those alone that have less of their own, and theirs stay less when it is lowered and lifted', async () => {
    const strict = await runs(`ulimit -d ${32 * KIB}; read x`);
    const soft = await runs(`ulimit -S -d ${32 * KIB}; read x`);
    const own = [`${32 * MIB}`, `${32 * MIB}`];
    await expect.poll(() => [strict.pid, soft.pid].map((pid) => dataLimit(pid)[0])).toEqual(own);
    expect(await limit(`${64 * MIB}`)).toBe('ok 4');
    expect(dataLimit(strict.pid)).toEqual(own);
    expect(dataLimit(soft.pid)).toEqual([`${32 * MIB}`, `${64 * MIB}`]);
    await limit(`max max max ${64 * MIB}`);
    expect(dataLimit(strict.pid)).toEqual(own);
    expect(dataLimit(soft.pid)[0]).toBe(`${32 * MIB}`);
    expect(await limit(`${16 * MIB} max max ${64 * MIB}`)).toBe('ok 4');
    expect(dataLimit(strict.pid)).toEqual([`${16 * MIB}`, `${16 * MIB}`]);
  });

  test('is what init had before it when it is lifted, for it and for its children', async () => {
    const child = await runs('read x');
    // As a runtime gives it to init, which all in the guest inherit: the soft one may be raised again by whoever has no capability.
    await limit(`${256 * MIB}`);
    for (const pid of [guest.pid, child.pid]) setSoft(pid, 128 * MIB);
    expect(await limit(`${64 * MIB} ${128 * MIB} ${256 * MIB}`)).toBe('ok 3');
    const lifted = await limit(`max ${128 * MIB} ${256 * MIB} ${64 * MIB} ${32 * MIB}`);
    if (!mayRaise) return expect(lifted).toMatch(/^fail 1 prlimit \d+$/);
    for (const pid of [guest.pid, child.pid]) expect(dataLimit(pid)).toEqual([`${128 * MIB}`, `${256 * MIB}`]);
  });

  test('is raised for those that have the former, as far as init may', async () => {
    const child = await runs('read x');
    await limit(`${256 * MIB}`);
    for (const pid of [guest.pid, child.pid]) setSoft(pid, 64 * MIB);
    expect(await limit(`${512 * MIB} ${128 * MIB} ${256 * MIB} ${64 * MIB}`)).toBe('ok 3');
    for (const pid of [guest.pid, child.pid]) expect(dataLimit(pid)).toEqual([`${128 * MIB}`, `${256 * MIB}`]);
  });

  test('is given up after a second when one of them goes on taking the former', async () => {
    const changing = 'while :; do ulimit -S -d 100000 || exit; done';
    await limit(`${256 * MIB}`);
    for (let times = 0; times < 8; times += 1) await runs(changing);
    const from = performance.now();
    const slow = limit(`${256 * MIB} max max ${100_000 * KIB}`);
    expect(await limit('1')).toBe(`fail 16 busy ${guest.cgroup}`);
    expect(await slow).toBe(`fail 11 limit-data ${guest.pid}`);
    expect(performance.now() - from).toBeGreaterThan(900);
    expect(dataLimit(guest.pid)).toEqual([`${256 * MIB}`, `${256 * MIB}`]);
  });

  test('is taken away with the capability only, and who is refused is named', async () => {
    await limit(`${64 * MIB}`);
    expect(await limit(`max max max ${64 * MIB}`)).toMatch(mayRaise ? /^ok 2$/ : /^fail 1 prlimit \d+$/);
    expect(dataLimit(guest.pid)[0]).toBe(mayRaise ? 'unlimited' : `${64 * MIB}`);
  });

  test.each([
    '',
    '-1',
    '64M',
    '0x10',
    '18446744073709551615',
    '18446744073709551616',
    'unlimited',
    '64 32',
    '64 32 16',
    '64 1 2 x',
    '64 1 2 3 4 5 6 7 8 9 10 11',
  ])('is not touched for %s', async (bytes) => {
    expect(await executor.tell(`limit-data ${guest.named} ${bytes || '%'}`)).toBe('fail 22 protocol limit-data');
    expect(dataLimit(guest.pid)[0]).toBe('unlimited');
  });

  test('is that of this guest only', async () => {
    const [pid, start = '', cgroup] = guest.named.split(' ');
    const asked = (named: string): Promise<string> => executor.tell(`limit-data ${named} ${64 * MIB}`);
    expect(await asked(`${pid} ${BigInt(start) + 1n} ${cgroup}`)).toBe(`fail 3 guest ${pid}`);
    expect(await asked(`${process.pid} 1 ${cgroup}`)).toBe(`fail 3 guest ${process.pid}`);
    for (const other of ['/', '/lxc', `${cgroup}/..`, `${cgroup}/`, 'x'])
      expect(await asked(`${pid} ${start} ${other}`)).toBe(`fail 1 cgroup ${other}`);
    expect(dataLimit(guest.pid)[0]).toBe('unlimited');
    expect(dataLimit(process.pid)[0]).toBe('unlimited');
  });
});

function dataLimitIfThere(pid: number): readonly string[] {
  try {
    return dataLimit(pid);
  } catch {
    return [];
  }
}

function tried(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

/** With what it has started. */
async function end(child: ChildProcess): Promise<void> {
  tried(() => process.kill(-(child.pid ?? 0), 'SIGKILL'));
  await until(() => (child.exitCode ?? child.signalCode) !== null || undefined);
}
