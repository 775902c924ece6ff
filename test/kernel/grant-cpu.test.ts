import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { ExecutorClient, isRoot, openDescriptors } from './executor-client.ts';
import { TestGuest } from './test-guest.ts';

const CPU = '/sys/fs/cgroup/cpu';
const TICKS_A_SECOND = 100;

describe.skipIf(!isRoot)('CPU time that is granted to a guest', () => {
  let executor: ExecutorClient;
  let guest: TestGuest;

  beforeEach(async () => {
    executor = new ExecutorClient();
    guest = await TestGuest.start({ controllers: ['cpu'] });
  });
  afterEach(async () => {
    await guest.stop();
    await executor.stop();
  });

  const quota = (): string => readFileSync(guest.file('cpu', 'cpu.cfs_quota_us'), 'utf8').trim();
  const grant = (word: string, named = guest.named): Promise<string> => executor.tell(`grant-cpu ${named} ${word}`);

  test('is there for it to use, each time anew, and no process is made for it', async () => {
    writeFileSync(guest.file('cpu', 'cpu.cfs_period_us'), '1000000');
    writeFileSync(guest.file('cpu', 'cpu.cfs_quota_us'), '10000');
    const script = `echo $$ > ${guest.file('cpu', 'cgroup.procs')} && while :; do :; done`;
    const busy = spawn('sh', ['-c', script], { stdio: 'ignore' });
    await pause(1500);
    const before = used(busy.pid);
    expect(await grant('cpu.cfs_quota_us=10000')).toBe('ok');
    const descriptors = openDescriptors(executor.pid);
    const from = performance.now();
    // Without a grant it would be 10 ms in each of these seconds; on a busy machine it comes to its turn less often.
    const unasked = () => (10 / 1000) * Math.ceil((performance.now() - from) / 1000);
    await eventually(async () => {
      for (let times = 0; times < 60; times += 1) {
        expect(await grant('cpu.cfs_quota_us=10000')).toBe('ok');
        expect(executor.workers()).toEqual([]);
        await pause(15);
      }
      expect(used(busy.pid) - before).toBeGreaterThan(0.1 + unasked());
    });
    busy.kill('SIGKILL');
    await once(busy, 'exit');
    expect(openDescriptors(executor.pid)).toBe(descriptors);
  });

  test('is given afterwards to a guest that was made to stand still, when nobody asks any more', async () => {
    expect(await grant('cpu.cfs_quota_us=1000 50000')).toBe('ok');
    expect(quota()).toBe('1000');
    await executor.stop();
    await eventually(() => expect(quota()).toBe('50000'));
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'is given afterwards also when who ends the service sends %s to all of it',
    async (signal) => {
      expect(await grant('cpu.cfs_quota_us=1000 50000')).toBe('ok');
      process.kill(executor.pid, signal);
      expect(await executor.tell('status')).toBe('ok');
      expect(quota()).toBe('1000');
      await executor.stop();
      await eventually(() => expect(quota()).toBe('50000'));
    },
  );

  test('stays as it is when the last grant said nothing of afterwards', async () => {
    await grant('cpu.cfs_quota_us=1000 50000');
    await grant('cpu.cfs_quota_us=30000');
    const { pid } = executor;
    await executor.stop();
    await eventually(() => expect(() => process.kill(pid, 0)).toThrow());
    expect(quota()).toBe('30000');
  });

  test.each(['max', '-1', '', '1 2'])('is refused where %j is to be written afterwards', async (afterwards) => {
    writeFileSync(guest.file('cpu', 'cpu.cfs_quota_us'), '20000');
    expect(await grant(`cpu.cfs_quota_us=1000 ${afterwards.replace(' ', '%20') || '%'}`)).toMatch(
      afterwards === '' ? /^ok$/ : /^fail 22 protocol/,
    );
  });

  test('is what was written last', async () => {
    for (const one of ['20000', '30000', '20000']) {
      expect(await grant(`cpu.cfs_quota_us=${one}`)).toBe('ok');
      expect(quota()).toBe(one);
    }
    expect(await grant('cpu.cfs_quota_us=1')).toBe('fail 22 limit cpu.cfs_quota_us');
    expect(quota()).toBe('20000');
  });

  test('is written into a cgroup that is made again, and nothing is kept of the former one', async () => {
    await grant('cpu.cfs_quota_us=20000');
    const descriptors = openDescriptors(executor.pid);
    for (let times = 0; times < 3; times += 1) {
      writeFileSync(`${CPU}/cgroup.procs`, `${guest.pid}`);
      rmdirSync(guest.file('cpu', ''));
      expect(await grant('cpu.cfs_quota_us=30000')).toBe('fail 1 cgroup cpu.cfs_quota_us');
      expect(openDescriptors(executor.pid)).toBe(descriptors - 2);
      mkdirSync(guest.file('cpu', ''));
      writeFileSync(guest.file('cpu', 'cgroup.procs'), `${guest.pid}`);
      expect(quota()).toBe('-1');
      expect(await grant('cpu.cfs_quota_us=30000')).toBe('ok');
      expect(quota()).toBe('30000');
      expect(openDescriptors(executor.pid)).toBe(descriptors);
    }
  });

  test('is nobody’s when its init has ended, also where it was granted before', async () => {
    const { named, pid } = guest;
    await grant('cpu.cfs_quota_us=20000');
    const descriptors = openDescriptors(executor.pid);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => grant('cpu.cfs_quota_us=20000', named)).toBe(`fail 3 guest ${pid}`);
    expect(await grant('cpu.cfs_quota_us=30000', named)).toBe(`fail 3 guest ${pid}`);
    expect(quota()).toBe('20000');
    expect(openDescriptors(executor.pid)).toBe(descriptors - 2);
  });

  test('keeps nothing open of guests that have ended, though nobody asks for them again', async () => {
    expect(await grant('cpu.cfs_quota_us=20000')).toBe('ok'); // from now on it has the file of claims open
    const before = openDescriptors(executor.pid);
    for (let times = 0; times < 3; times += 1) {
      const other = await TestGuest.start({ controllers: ['cpu'] });
      expect(await grant('cpu.cfs_quota_us=20000', other.named)).toBe('ok');
      expect(openDescriptors(executor.pid)).toBe(before + 2);
      await other.stop();
      await eventually(() => expect(openDescriptors(executor.pid)).toBe(before));
    }
    expect(await grant('cpu.cfs_quota_us=20000')).toBe('ok'); // the executor lives, and serves the one that does, too
  });

  test('is given at its end to a guest that stood still, whose cgroup may be that of its next start', async () => {
    expect(await grant('cpu.cfs_quota_us=1000 50000')).toBe('ok');
    process.kill(guest.pid, 'SIGKILL');
    await eventually(() => expect(quota()).toBe('50000'));
  });

  test('is that of one process only, also where it was granted before', async () => {
    const [pid, start = '', cgroup] = guest.named.split(' ');
    await grant('cpu.cfs_quota_us=20000');
    const asked = (named: string): Promise<string> => grant('cpu.cfs_quota_us=30000', named);
    expect(await asked(`${pid} ${BigInt(start) + 1n} ${cgroup}`)).toBe(`fail 3 guest ${pid}`);
    expect(await asked(`${process.pid} 1 ${cgroup}`)).toBe(`fail 3 guest ${process.pid}`);
    for (const other of ['/', '/lxc', `${cgroup}/..`, `${cgroup}/`, `${cgroup}${cgroup}`, 'x'])
      expect(await asked(`${pid} ${start} ${other}`)).toBe('fail 1 cgroup cpu.cfs_quota_us');
    expect(quota()).toBe('20000');
    expect(await grant('cpu.cfs_quota_us=40000')).toBe('ok');
    expect(quota()).toBe('40000');
  });

  test('is refused where the kernel has no such file', async () => {
    expect(await grant('cpu.max=20000%20100000')).toBe('fail 2 limit cpu.max');
  });

  test.each([
    'cpu.cfs_quota_us',
    'cpu.cfs_quota_us=',
    'cpu.cfs_quota_us=-1',
    'cpu.cfs_quota_us=max',
    'cpu.cfs_quota_us=20000%20100000',
    'cpu.max=max',
    'cpu.max=max%20100000',
    'cpu.max=1%202%203',
    `cpu.max=1%20${'2'.repeat(70)}`,
    'cpu.cfs_period_us=100000',
    'memory.max=100000',
    '../cpu.max=100000',
  ])('is never %s', async (word) => {
    expect(await grant(word)).toBe('fail 22 protocol grant-cpu');
    expect(quota()).toBe('-1');
  });
});

/** CPU seconds of a process. */
function used(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}
