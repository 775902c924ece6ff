import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { ExecutorClient, isRoot, openDescriptors } from './executor-client.ts';
import { hasV1Devices } from './hierarchies.ts';
import { TestGuest } from './test-guest.ts';

const CPU = '/sys/fs/cgroup/cpu';
const QUOTA = 'cpu.cfs_quota_us';
/** Longer than any test takes, as far as the executor lets it. */
const LONG = 10_000;

describe.skipIf(!isRoot || !hasV1Devices)('CPU time that is leased to a guest', () => {
  let executor: ExecutorClient;
  let guest: TestGuest;

  beforeEach(async () => {
    executor = new ExecutorClient();
    guest = await TestGuest.start({ controllers: ['cpu'] });
    writeFileSync(guest.file('cpu', QUOTA), '25000');
  });
  afterEach(async () => {
    await guest.stop();
    await executor.stop();
  });

  const quota = (): string => readFileSync(guest.file('cpu', QUOTA), 'utf8').trim();
  const lease = (ms: number, value = 200_000, named = guest.named): Promise<string> =>
    executor.tell(`lease-cpu ${named} ${QUOTA}=${value} 25000 ${ms}`);
  const keepers = () => executor.workers().filter((pid) => nameOf(pid) === 'hostler-lease');
  const isGivenBack = () => eventually(() => expect(quota()).toBe('25000'));

  test('is given back when nobody renews it', async () => {
    expect(await lease(150)).toBe('ok');
    await isGivenBack();
    expect(await lease(LONG)).toBe('ok');
    expect(quota()).toBe('200000');
  });

  test('is its own as long as it is renewed, which is no write', async () => {
    await lease(1_000);
    writeFileSync(guest.file('cpu', QUOTA), '30000'); // who looks would see it written again
    for (let times = 0; times < 20; times += 1) {
      expect(await lease(LONG)).toBe('ok');
      await pause(60);
    }
    expect(quota()).toBe('30000');
  });

  test('is given back when it is ended, and then nothing is kept of it', async () => {
    await lease(LONG);
    const descriptors = openDescriptors(executor.pid);
    expect(await lease(0)).toBe('ok');
    expect(quota()).toBe('25000');
    expect(openDescriptors(executor.pid)).toBe(descriptors - 2);
    writeFileSync(guest.file('cpu', QUOTA), '30000');
    expect(await lease(0)).toBe('ok');
    expect(quota()).toBe('30000');
  });

  test.each(['SIGKILL', 'SIGABRT'] as const)(
    'is given back when the executor is ended by %s, and nobody stays',
    async (signal) => {
      await lease(LONG);
      const [keeper = 0] = keepers();
      expect(keeper).toBeGreaterThan(0);
      process.kill(executor.pid, signal);
      await isGivenBack();
      await eventually(() => expect(() => nameOf(keeper)).toThrow());
    },
  );

  test('is given back when the agent ends', async () => {
    await lease(LONG);
    await executor.end();
    await isGivenBack();
  });

  test('is given back while the executor does not move', async () => {
    await lease(150);
    process.kill(executor.pid, 'SIGSTOP');
    await isGivenBack();
    process.kill(executor.pid, 'SIGCONT');
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGABRT'] as const)(
    'goes on when %s is sent to who keeps it, and the executor does it when that is killed',
    async (signal) => {
      await lease(LONG);
      const [keeper = 0] = keepers();
      process.kill(keeper, signal);
      expect(await lease(LONG)).toBe('ok');
      expect(quota()).toBe('200000');
      process.kill(keeper, 'SIGKILL');
      await isGivenBack();
      expect(await lease(LONG)).toBe('ok');
      expect(quota()).toBe('200000');
    },
  );

  test('is nobody’s when its init has ended', async () => {
    const { named, pid } = guest;
    await lease(LONG);
    process.kill(pid, 'SIGKILL');
    await isGivenBack();
    await eventually(async () => expect(await lease(LONG, 200_000, named)).toBe(`fail 3 guest ${pid}`));
    expect(quota()).toBe('25000');
  });

  test('is what the cgroup above has, where that is less', async () => {
    const other = await TestGuest.start({ controllers: ['cpu'], below: 'inner' });
    const inner = other.file('cpu', 'inner');
    try {
      mkdirSync(inner);
      writeFileSync(`${inner}/cgroup.procs`, `${other.pid}`);
      writeFileSync(other.file('cpu', 'cpu.cfs_period_us'), '50000');
      writeFileSync(other.file('cpu', QUOTA), '25000');
      writeFileSync(`${inner}/${QUOTA}`, '25000');
      expect(await lease(LONG, 200_000, `${other.named}/inner`)).toBe('ok');
      expect(readFileSync(`${inner}/${QUOTA}`, 'utf8')).toBe('50000\n');
      await lease(0, 200_000, `${other.named}/inner`);
      expect(readFileSync(`${inner}/${QUOTA}`, 'utf8')).toBe('25000\n');
    } finally {
      writeFileSync(`${CPU}/cgroup.procs`, `${other.pid}`);
      rmdirSync(inner);
      await other.stop();
    }
  });

  test('is given back also where a cgroup of the guest has taken its share', async () => {
    const inner = guest.file('cpu', 'inner');
    mkdirSync(inner);
    await lease(LONG);
    writeFileSync(`${inner}/${QUOTA}`, '150000');
    expect(await lease(0)).toBe('ok');
    expect(quota()).toBe('25000');
    expect(readFileSync(`${inner}/${QUOTA}`, 'utf8')).toBe('-1\n');
    rmdirSync(inner);
  });

  test.each([
    ['149', '200000', '25000'],
    ['10001', '200000', '25000'],
    ['150', '-1', '25000'],
    ['150', 'max', '25000'],
    ['150', '200000', '-1'],
    ['150', '200000', '%'],
  ])('is refused for %s ms with %s and %s afterwards', async (ms, value, afterwards) => {
    expect(await executor.tell(`lease-cpu ${guest.named} ${QUOTA}=${value} ${afterwards} ${ms}`)).toMatch(
      /^fail 22 protocol/,
    );
    expect(quota()).toBe('25000');
    expect(keepers()).toEqual([]);
  });
});

function nameOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
}
