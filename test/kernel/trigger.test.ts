import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isRoot } from './executor-client.ts';
import { Listening } from './listening.ts';

const MEMORY = '/sys/fs/cgroup/memory';
const V2 = '/sys/fs/cgroup/unified';
const NAME = `hostler-test-trigger-${process.pid}`;
const MIB = 1 << 20;

const memory = `${MEMORY}/${NAME}`;
const v2 = `${V2}/${NAME}`;

/** A process in a cgroup that takes so many MiB and then waits, or runs out of memory. */
function eater(cgroup: string, mebibytes: number): ChildProcess {
  const script = `echo $$ > ${cgroup}/cgroup.procs && exec head -c ${mebibytes}m /dev/zero | tail -c ${mebibytes}m > /dev/null`;
  return spawn('sh', ['-c', script], { stdio: 'ignore' });
}

describe.runIf(isRoot)('an event of the kernel', () => {
  let executor: Listening;
  const told = (line: string): number => executor.events.filter((event) => event === line).length;
  const descriptors = async (): Promise<number> => {
    await executor.settled();
    return Number(executor.run('sh', ['-c', `ls /proc/${executor.pid}/fd | wc -l`]));
  };

  beforeEach(async () => {
    executor = await Listening.start();
    for (const folder of [memory, v2]) mkdirSync(folder);
  });
  afterEach(async () => {
    for (const folder of [memory, v2]) {
      await expect.poll(() => readIfThere(`${folder}/cgroup.procs`)).toBe('');
      removeIfThere(folder);
    }
    await executor.stop();
  });

  test('is told when more memory is used than was said', async () => {
    expect(await executor.ask(`trigger used ${memory}/memory.usage_in_bytes ${16 * MIB}`)).toEqual(['ok']);
    await once(eater(memory, 8), 'exit');
    await executor.settled();
    expect(executor.events).toEqual([]);
    await once(eater(memory, 64), 'exit');
    await executor.event(/^trigger used$/);
  });

  test('is told when it runs out of memory, and how often is no matter', async () => {
    writeFileSync(`${memory}/memory.limit_in_bytes`, `${16 * MIB}`);
    expect(await executor.ask(`trigger oom ${memory}/memory.oom_control %`)).toEqual(['ok']);
    await once(eater(memory, 64), 'exit');
    await executor.event(/^trigger oom$/);
    const first = told('trigger oom');
    await once(eater(memory, 64), 'exit');
    await expect.poll(() => told('trigger oom')).toBeGreaterThan(first);
    expect(await executor.ask('untrigger oom')).toEqual(['ok']);
    const before = told('trigger oom');
    await once(eater(memory, 64), 'exit');
    await executor.settled();
    expect(told('trigger oom')).toBe(before);
  });

  test('is told when processes wait for a processor', async () => {
    const busy = [0, 1, 2, 3].map(() =>
      spawn('sh', ['-c', `echo $$ > ${v2}/cgroup.procs && while :; do :; done`], { stdio: 'ignore' }),
    );
    expect(await executor.ask(`trigger cpu ${v2}/cpu.pressure some%20100000%202000000`)).toEqual(['ok']);
    await expect.poll(() => told('trigger cpu'), { timeout: 60_000 }).toBeGreaterThan(1);
    for (const one of busy) one.kill('SIGKILL');
    await Promise.all(busy.map((one) => one.exitCode ?? one.signalCode ?? once(one, 'exit')));
  });

  test.each([
    ['its pressure', () => `${v2}/memory.pressure some%20100000%202000000`, () => v2],
    ['its memory', () => `${memory}/memory.oom_control %`, () => memory],
  ])('is none any more when the cgroup goes, which is told once: %s', async (_what, words, folder) => {
    const before = await descriptors();
    expect(await executor.ask(`trigger x ${words()}`)).toEqual(['ok']);
    rmdirSync(folder());
    await executor.event(/^trigger-gone x$/);
    await executor.settled();
    expect(executor.events).toEqual(['trigger-gone x']);
    expect(await descriptors()).toBe(before);
    mkdirSync(folder());
    expect(await executor.ask(`trigger x ${words()}`)).toEqual(['ok']);
  });

  test('is not the next cgroup’s of the same path', async () => {
    await executor.ask(`trigger x ${memory}/memory.oom_control %`);
    process.kill(executor.pid, 'SIGSTOP');
    rmdirSync(memory);
    mkdirSync(memory);
    process.kill(executor.pid, 'SIGCONT');
    await executor.event(/^trigger-gone x$/);
    expect(told('trigger x')).toBe(0);
  });

  test('of the same word replaces the former one, and nothing of it is left', async () => {
    const before = await descriptors();
    for (let times = 0; times < 5; times += 1)
      expect(await executor.ask(`trigger x ${memory}/memory.usage_in_bytes ${16 * MIB}`)).toEqual(['ok']);
    expect(await descriptors()).toBe(before + 1);
    expect(await executor.ask('untrigger nobody')).toEqual(['ok']);
    await executor.ask('untrigger x');
    expect(await descriptors()).toBe(before);
  });

  test.each([
    ['/etc/passwd x', 'fail 1 cgroup /etc/passwd'],
    [`${v2}/cgroup.procs 1`, `fail 1 cgroup ${v2}/cgroup.procs`],
    [`${memory}/cgroup.event_control 1`, `fail 1 cgroup ${memory}/cgroup.event_control`],
    [`${memory}/memory.limit_in_bytes 4096`, `fail 1 cgroup ${memory}/memory.limit_in_bytes`],
    [`${V2}/../../../../etc/cpu.pressure x`, `fail 22 path ${V2.slice(1)}/../../../../etc/cpu.pressure`],
    [`${v2}/cpu.pressure some%2010`, `fail 22 trigger ${v2}/cpu.pressure`],
    [`${v2}/cpu.pressure ${'a'.repeat(64)}`, 'fail 22 protocol trigger'],
    [`${v2}/cpu.pressure some%0A10`, 'fail 22 protocol trigger'],
    [`${memory}/memory.usage_in_bytes many`, `fail 22 trigger ${memory}/memory.usage_in_bytes`],
    [`${V2}/nobody/cpu.pressure some%20100000%202000000`, `fail 2 trigger ${V2}/nobody/cpu.pressure`],
    ['cpu.pressure x', 'fail 22 protocol trigger'],
  ])('is not %s', async (words, answer) => {
    const before = await descriptors();
    expect(await executor.ask(`trigger x ${words}`)).toEqual([answer]);
    expect(await descriptors()).toBe(before);
  });

  test('of the whole host is one too', async () => {
    expect(await executor.ask('trigger host /proc/pressure/memory full%20100000%202000000')).toEqual(['ok']);
    expect(await executor.ask('untrigger host')).toEqual(['ok']);
  });
});

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function removeIfThere(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
