import type { ChildProcess } from 'node:child_process';
import { rmdirSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { endProcess, inCgroup } from '../scenarios/in-cgroup.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { LIFE_ROOTS } from './hierarchies.ts';
import { TestGuest } from './test-guest.ts';

describe.skipIf(!isRoot).each(LIFE_ROOTS)('the end of a guest in $where', ({ root }) => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  let helper: ChildProcess | undefined;

  beforeEach(async () => {
    executor = new ExecutorClient();
    guest = await TestGuest.start({ hierarchy: root });
  });
  afterEach(async () => {
    if (helper !== undefined) await endProcess(helper);
    helper = undefined;
    await guest.stop();
    await executor.stop();
  });

  const told = (): readonly string[] => executor.events;
  const folder = (): string => `${root}${guest.cgroup}`;
  const isTold = (lines: readonly string[]) => eventually(() => expect(told()).toEqual(lines));

  /** Somebody who is in the guest's cgroup, and in none of its namespaces. */
  async function help(): Promise<void> {
    helper = inCgroup([folder()], 'sh', '-c', 'echo in && exec sleep 600');
    await new Promise((resolve) => helper?.stdout?.once('data', resolve));
  }

  test('is told: first of its init, then of its cgroup', async () => {
    const { dev, ino } = statSync(folder());
    expect(await executor.tell(`watch-end ${guest.named} web%201`)).toBe(`ok ${dev}:${ino}`);
    expect(told()).toEqual(['populated web%201 1']);
    guest.end();
    await isTold(['populated web%201 1', 'init-ended web%201', 'populated web%201 0']);
  });

  test('is not yet there as long as somebody is in its cgroup', async () => {
    await help();
    await executor.tell(`watch-end ${guest.named} x`);
    guest.end();
    await isTold(['populated x 1', 'init-ended x']);
    await executor.tell('status');
    expect(told()).toHaveLength(2);
    if (helper !== undefined) await endProcess(helper);
    await isTold(['populated x 1', 'init-ended x', 'populated x 0']);
  });

  test('is told where the cgroup goes at once', async () => {
    await executor.tell(`watch-end ${guest.named} x`);
    guest.end();
    await eventually(() => rmdirSync(folder()));
    await isTold(['populated x 1', 'init-ended x', 'populated x 0']);
    expect(await executor.tell('unwatch-end x')).toBe('ok');
  });

  test('is told to who asks afterwards, if he names the cgroup by its ID', async () => {
    await help();
    const { named } = guest;
    const { dev, ino } = statSync(folder());
    guest.end();
    await eventually(async () => expect(await executor.tell(`init-state ${named}`)).toMatch(/^fail 3 guest/));
    expect(await executor.tell(`watch-end ${named} x ${dev}:${ino + 1}`)).toBe('ok');
    expect(told()).toEqual(['populated x 0', 'init-ended x']);
    expect(await executor.tell(`watch-end ${named} y ${dev}:${ino}`)).toBe(`ok ${dev}:${ino}`);
    expect(told().slice(2)).toEqual(['populated y 1', 'init-ended y']);
    if (helper !== undefined) await endProcess(helper);
    await eventually(() => expect(told().slice(4)).toEqual(['populated y 0']));
  });

  test('is not told any more to who does not ask, and once to who asks twice', async () => {
    for (const id of ['x', 'x', 'y']) await executor.tell(`watch-end ${guest.named} ${id}`);
    expect(await executor.tell('unwatch-end y')).toBe('ok');
    expect(await executor.tell('unwatch-end unknown')).toBe('ok');
    guest.end();
    await eventually(() => expect(told().at(-1)).toBe('populated x 0'));
    expect(told().slice(3)).toEqual(['init-ended x', 'populated x 0']);
  });

  test('is of this process only, in this cgroup', async () => {
    const [pid = '', start = '', cgroup = ''] = guest.named.split(' ');
    const asked = (named: string): Promise<string> => executor.tell(`watch-end ${named} x`);
    expect(await asked(`${pid} ${BigInt(start) + 1n} ${cgroup}`)).toBe(`fail 3 guest ${pid}`);
    for (const other of ['/', '/nowhere', `/..${cgroup}`])
      expect(await asked(`${pid} ${start} ${other}`)).toMatch(/^fail 1 cgroup/);
    expect(await asked(`${pid} x ${cgroup}`)).toBe('fail 22 protocol watch-end');
    expect(told()).toEqual([]);
    expect(await executor.tell('status')).toBe('ok');
  });
});
