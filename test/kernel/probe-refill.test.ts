import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { V2_ROOT } from './hierarchies.ts';
import { noteCgroup } from './noted.ts';

const V1 = '/sys/fs/cgroup/cpu';
const ROOT = existsSync(`${V1}/cgroup.procs`) ? V1 : V2_ROOT;
/** Nobody has the highest number. */
const LEFT = 'hostler-probe-4194303';

describe.skipIf(!isRoot)('whether a quota that is written again is filled up', () => {
  let executor: ExecutorClient | undefined;

  afterEach(() => executor?.stop());

  const scratches = () => readdirSync(ROOT).filter((name) => name.startsWith('hostler-probe-'));
  // A busy machine may keep it from finding out, and its process from using what it was given.
  const probe = (on: ExecutorClient) =>
    eventually(async () => {
      const answer = await on.tell('probe-refill');
      expect(answer).toMatch(/^ok yes /);
      return answer;
    });

  test('is tried on a process of its own, and nothing of it is left', async () => {
    executor = new ExecutorClient();
    const [, , used = '', quota = ''] = (await probe(executor)).split(' ');
    expect(Number(used)).toBeGreaterThanOrEqual((Number(quota) * 2) / 3);
    expect(Number(quota)).toBeGreaterThanOrEqual(10_000);
    expect(scratches()).toEqual([]);
    // It answers before it ends.
    await expect.poll(() => executor?.workers()).toEqual([]);
  });

  test('leaves nothing of one that was killed in the middle', async () => {
    noteCgroup(LEFT);
    mkdirSync(`${ROOT}/${LEFT}`);
    executor = new ExecutorClient();
    await probe(executor);
    expect(scratches()).toEqual([]);
  });

  test('is not known where no cgroup can be made', async () => {
    executor = new ExecutorClient(`mount --bind ${ROOT} ${ROOT} && mount -o remount,bind,ro ${ROOT}`);
    expect(await executor.tell('probe-refill')).toBe('fail 30 scratch cpu');
    expect(scratches()).toEqual([]);
  });
});
