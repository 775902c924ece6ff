import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { hasV1Devices } from './hierarchies.ts';
import { TestGuest } from './test-guest.ts';

const LONG = 10_000;

describe.skipIf(!isRoot || !hasV1Devices)('a guest that is to stand still', () => {
  let executor: ExecutorClient;
  let guest: TestGuest;

  beforeEach(async () => {
    executor = new ExecutorClient();
    guest = await TestGuest.start({ controllers: ['freezer', 'cpu'] });
  });
  afterEach(async () => {
    writeFileSync(guest.file('freezer', 'freezer.state'), 'THAWED');
    await guest.stop();
    await executor.stop();
  });

  const state = (): string => readFileSync(guest.file('freezer', 'freezer.state'), 'utf8').trim();
  const freeze = (ms: number, named = guest.named): Promise<string> => executor.tell(`freeze ${named} ${ms}`);
  const isStill = () => eventually(() => expect(state()).toBe('FROZEN'));
  const goesOn = () => eventually(() => expect(state()).toBe('THAWED'));

  test('does so until it is told to go on', async () => {
    expect(await freeze(LONG)).toBe('ok');
    await isStill();
    expect(await freeze(0)).toBe('ok');
    expect(state()).toBe('THAWED');
  });

  test('goes on by itself when nobody says so', async () => {
    expect(await freeze(150)).toBe('ok');
    await goesOn();
  });

  test('goes on when the executor is killed', async () => {
    await freeze(LONG);
    await isStill();
    process.kill(executor.pid, 'SIGKILL');
    await goesOn();
  });

  test('goes on when it is told to, whoever froze it', async () => {
    writeFileSync(guest.file('freezer', 'freezer.state'), 'FROZEN');
    await isStill();
    expect(await freeze(0)).toBe('ok');
    expect(state()).toBe('THAWED');
  });

  test('may have its CPU time leased meanwhile', async () => {
    await freeze(LONG);
    expect(await executor.tell(`lease-cpu ${guest.named} cpu.cfs_quota_us=200000 25000 ${LONG}`)).toBe('ok');
    expect(await executor.tell(`lease-cpu ${guest.named} cpu.cfs_quota_us=200000 25000 0`)).toBe('ok');
    await isStill();
    await freeze(0);
    expect(readFileSync(guest.file('cpu', 'cpu.cfs_quota_us'), 'utf8')).toBe('25000\n');
  });

  test.each(['149', '10001', '-1', 'max'])('is refused for %s ms', async (ms) => {
    expect(await executor.tell(`freeze ${guest.named} ${ms}`)).toMatch(/^fail 22 protocol/);
    expect(state()).toBe('THAWED');
  });

  test('is nobody else: one of another start, or in another cgroup', async () => {
    const [pid = '', startTime = ''] = guest.named.split(' ');
    expect(await freeze(LONG, `${pid} ${Number(startTime) + 1} ${guest.cgroup}`)).toBe(`fail 3 guest ${pid}`);
    expect(await freeze(LONG, `${pid} ${startTime} /`)).toMatch(/^fail 1 cgroup/);
    expect(state()).toBe('THAWED');
  });
});
