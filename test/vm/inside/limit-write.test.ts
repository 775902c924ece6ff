import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ExecutorClient } from '../../kernel/executor-client.ts';
import { TestGuest } from '../../kernel/test-guest.ts';
import { eventually } from '../../scenarios/eventually.ts';
import { endProcess, inCgroup } from '../../scenarios/in-cgroup.ts';

const MiB = 2 ** 20;
const CGROUPS = '/sys/fs/cgroup';
const HOG = join(import.meta.dirname, '../../../native/build/fixtures/hog');

test('a limit of memory that kills when it is lowered is what it was again, which is said, and the others go on; by force it stays', async () => {
  const executor = new ExecutorClient();
  const guest = await TestGuest.start({ hierarchy: CGROUPS });
  const own = `${CGROUPS}${guest.cgroup}`;
  // Where memory comes back slowly the kernel kills one more than it needs, and must not come to what is asked about.
  writeFileSync(`/proc/${guest.pid}/oom_score_adj`, '-1000');
  const held = (file: string) => readFileSync(`${own}/${file}`, 'utf8').trim();
  const lower = (verb = 'limit') => executor.tell(`${verb} ${guest.named} memory.max=${16 * MiB}`);
  const hogs = Array.from({ length: 6 }, () => inCgroup([own], HOG, `${15 * MiB}`, 'stay'));
  try {
    await eventually(() => expect(Number(held('memory.current'))).toBeGreaterThan(90 * MiB));
    expect(await executor.tell(`limit ${guest.named} memory.swap.max=0`)).toBe('ok');
    expect(await lower()).toBe('fail 125 kill memory.max');
    expect(held('memory.max')).toBe('max');
    expect(held('memory.events')).toMatch(/\noom_kill [1-5]\n/);
    expect(hogs.filter(({ exitCode, signalCode }) => (exitCode ?? signalCode) === null)).not.toEqual([]);
    expect(await lower('limit-by-force')).toBe('ok');
    expect(held('memory.max')).toBe(`${16 * MiB}`);
    expect(Number(held('memory.current'))).toBeLessThanOrEqual(16 * MiB);
    expect(await executor.tell(`limit ${guest.named} memory.max=max`)).toBe('ok');
    for (const hog of hogs) await endProcess(hog);
    expect(await lower()).toBe('ok');
    expect(held('memory.max')).toBe(`${16 * MiB}`);
    expect(await executor.tell(`limit ${guest.named} memory.max=${32 * MiB}`)).toBe('ok');
  } finally {
    for (const hog of hogs) await endProcess(hog);
    await guest.stop();
    await executor.stop();
  }
});
