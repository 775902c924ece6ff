import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { DEVICES_ROOT } from './hierarchies.ts';
import { fixture } from './listening.ts';
import { TestGuest } from './test-guest.ts';

const MIB = 1 << 20;
const LIMIT = 256 * MIB;

/** Bytes, as the kernel counts them. */
const dataOf = (pid: number): number =>
  1024 * Number(/^VmData:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
const softOf = (pid: number): string | undefined =>
  /^Max data size\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1];

describe.runIf(isRoot)('the memory of their own that all processes of a guest have together', () => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  const others: ChildProcess[] = [];

  beforeEach(async () => {
    executor = new ExecutorClient();
    guest = await TestGuest.start();
  });
  afterEach(async () => {
    for (const other of others.splice(0)) {
      if ((other.exitCode ?? other.signalCode) !== null) continue;
      other.kill('SIGKILL');
      await once(other, 'exit');
    }
    await expect.poll(() => processes().length).toBeLessThan(3);
    await guest.stop();
    await executor.stop();
  });

  interface Taker {
    readonly pid: number;
    readonly tell: (word: number | 'free' | 'fork') => Promise<string>;
  }
  /** A process of the guest that takes memory when it is told to. */
  async function taker(cgroup = guest.cgroup): Promise<Taker> {
    const script = `echo $$ > ${DEVICES_ROOT}${cgroup}/cgroup.procs && exec "$0"`;
    const child = spawn('sh', ['-c', script, fixture('take')], { stdio: ['pipe', 'pipe', 'inherit'] });
    others.push(child);
    await once(child.stdout ?? child, 'data');
    const tell = async (word: number | string) => {
      child.stdin?.write(`${word}\n`);
      return String(await once(child.stdout ?? child, 'data')).trim();
    };
    return { pid: child.pid ?? 0, tell };
  }
  const processes = (cgroup = guest.cgroup): readonly number[] =>
    readFileSync(`${DEVICES_ROOT}${cgroup}/cgroup.procs`, 'utf8').split('\n').filter(Boolean).map(Number);
  const share = (bytes: number | 'max'): Promise<string> => executor.tell(`share-data ${guest.named} ${bytes}`);
  const sum = (): number => processes().reduce((all, pid) => all + dataOf(pid), 0);
  /** What the answer says: how many there are, what they have, and what the largest has. */
  const numbers = (answer: string): readonly number[] => answer.split(' ').slice(1).map(Number);

  test('is measured, and nothing else done', async () => {
    const [one, two] = [await taker(), await taker()];
    await one.tell(20 * MIB);
    await two.tell(50 * MIB);
    const before = processes().map(softOf);
    const held = await executor.tell(`data-held ${guest.named}`);
    expect(numbers(held)).toEqual([4, sum(), dataOf(two.pid)]);
    expect(processes().map(softOf)).toEqual(before);
  });

  test('is what each has and all that is left, at most what it may have itself', async () => {
    const [one, two] = [await taker(), await taker()];
    await one.tell(100 * MIB);
    expect(await executor.tell(`limit-data ${guest.named} ${LIMIT}`)).toBe('ok 4');
    const answer = await share(LIMIT);
    const [count, all = 0] = numbers(answer);
    expect([count, all]).toEqual([4, sum()]);
    for (const pid of processes()) expect(Number(softOf(pid))).toBe(dataOf(pid) + LIMIT - all);
    execFileSync('prlimit', ['--pid', `${two.pid}`, `--data=${32 * MIB}:${64 * MIB}`]);
    await share(LIMIT);
    expect(Number(softOf(two.pid))).toBe(64 * MIB);
  });

  test('ends where the limit is: who asks for more is refused, and lives', async () => {
    const takers = [await taker(), await taker(), await taker(), await taker()];
    await executor.tell(`limit-data ${guest.named} ${LIMIT}`);
    for (const { tell } of takers) {
      await share(LIMIT);
      expect(await tell(50 * MIB)).toBe('ok');
    }
    await share(LIMIT);
    for (const { tell } of takers) expect(await tell(100 * MIB)).toBe('ENOMEM');
    expect(sum()).toBeLessThanOrEqual(LIMIT);
    // What one gives back another may have.
    expect(await takers[0]?.tell('free')).toBe('ok');
    expect(await takers[1]?.tell(100 * MIB)).toBe('ENOMEM');
    await share(LIMIT);
    expect(await takers[1]?.tell(80 * MIB)).toBe('ok');
    await share(LIMIT);
    expect(await takers[2]?.tell(60 * MIB)).toBe('ENOMEM');
  });

  test('is nothing more for anybody when they have more than the limit', async () => {
    const one = await taker();
    await one.tell(100 * MIB);
    await executor.tell(`limit-data ${guest.named} ${LIMIT}`);
    await share(64 * MIB);
    expect(Number(softOf(one.pid))).toBe(dataOf(one.pid));
    expect(await one.tell(MIB)).toBe('ENOMEM');
  });

  test('is of those as well that are born meanwhile, and of cgroups of the guest’s own', async () => {
    const below = `${guest.cgroup}/a`;
    mkdirSync(`${DEVICES_ROOT}${below}`);
    const [deep, bearing] = [await taker(below), await taker()];
    await executor.tell(`limit-data ${guest.named} ${LIMIT}`);
    const births = (async () => {
      for (let times = 0; times < 40; times += 1) await bearing.tell('fork');
    })();
    const [, all = 0] = numbers(await share(LIMIT));
    await births;
    for (const pid of [...processes(), deep.pid])
      expect(Number(softOf(pid))).toBeLessThanOrEqual(dataOf(pid) + LIMIT - all);
    others.find(({ pid }) => pid === deep.pid)?.kill('SIGKILL');
    await expect.poll(() => processes(below)).toEqual([]);
    rmdirSync(`${DEVICES_ROOT}${below}`);
  });

  test('is up to each again when nobody shares it any more', async () => {
    const one = await taker();
    await executor.tell(`limit-data ${guest.named} ${LIMIT}`);
    await one.tell(100 * MIB);
    await share(128 * MIB);
    expect(await one.tell(100 * MIB)).toBe('ENOMEM');
    await share('max');
    for (const pid of processes()) expect(softOf(pid)).toBe(`${LIMIT}`);
    expect(await one.tell(100 * MIB)).toBe('ok');
  });

  test.each(['', '-1', '64M', '0x10', '18446744073709551615', '18446744073709551616', 'unlimited', '64 32'])(
    'is not shared by %j',
    async (bytes) => {
      expect(await executor.tell(`share-data ${guest.named} ${bytes || '%'}`)).toBe('fail 22 protocol share-data');
      expect(softOf(guest.pid)).toBe('unlimited');
    },
  );

  test('is that of this guest only', async () => {
    const [pid, start = '', cgroup] = guest.named.split(' ');
    for (const [verb, rest] of [['share-data', ` ${LIMIT}`] as const, ['data-held', ''] as const]) {
      expect(await executor.tell(`${verb} ${pid} ${BigInt(start) + 1n} ${cgroup}${rest}`)).toBe(`fail 3 guest ${pid}`);
      for (const other of ['/', '/lxc', `${cgroup}/..`, 'x'])
        expect(await executor.tell(`${verb} ${pid} ${start} ${other}${rest}`)).toBe(`fail 1 cgroup ${other}`);
    }
    expect(softOf(guest.pid)).toBe('unlimited');
  });
});
