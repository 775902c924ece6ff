import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { endProcess, inCgroup, outcome } from '../scenarios/in-cgroup.ts';
import { BootedGuest } from './booted-guest.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { packagesOf, type RealInit } from './real-inits.ts';

const LISTENS = 'trap "echo $0 was told" TERM; echo $0 listens; while :; do sleep 0.05; done';
/** Its init and a child of it say what they are told, and go on. */
const INIT: RealInit = {
  name: 'plain',
  program: ['/bin/sh', '-c', `sh -c '${LISTENS}' child & ${LISTENS}`, 'init'],
  files: {},
  armed: 15,
  shows: 'caught',
  halt: 'signal 15',
  end: 'signal 9',
};
const { lack } = packagesOf(INIT);

describe.skipIf(!isRoot)('everybody in a guest but its init', () => {
  let executor: ExecutorClient;
  let guest: BootedGuest;
  const others: ChildProcess[] = [];

  beforeEach(async ({ skip }) => {
    skip(lack !== undefined, lack);
    executor = new ExecutorClient();
    guest = await BootedGuest.start(INIT);
    await eventually(() => expect(guest.said.split('\n').sort()).toEqual(['', 'child listens', 'init listens']));
  });
  afterEach(async () => {
    if (lack !== undefined) return;
    for (const other of others.splice(0)) await endProcess(other);
    await guest.stop();
    await executor.stop();
  });

  /** In the guest's cgroup only. */
  async function helper(): Promise<ChildProcess> {
    const child = inCgroup(guest.cgroups, 'sh', '-c', 'echo in && exec sleep 600');
    others.push(child);
    await once(child.stdout ?? child, 'data');
    return child;
  }

  test('is asked to end, once', async () => {
    const answer = await executor.tell(`terminate ${guest.named}`);
    expect(Number(/^ok (\d+)$/.exec(answer)?.[1])).toBeGreaterThanOrEqual(1);
    await eventually(() => expect(guest.said).toContain('child was told'));
    expect(guest.said).not.toContain('init was told');
    expect(guest.said.match(/child was told/g)).toHaveLength(1);
  });

  test('is also who is only in its cgroup, and nobody outside', async () => {
    const outside = spawn('sleep', ['600']);
    others.push(outside);
    const ended = outcome(await helper());
    expect(await executor.tell(`terminate ${guest.named}`)).toMatch(/^ok \d+$/);
    expect(await ended).toEqual({ end: 'SIGTERM', said: '' });
    expect(outside.exitCode ?? outside.signalCode).toBe(null);
  });

  test('is nobody where the guest is another one', async () => {
    const [pid = '', start = '', cgroup = ''] = guest.named.split(' ');
    const other = await helper();
    const asked = (named: string): Promise<string> => executor.tell(`terminate ${named}`);
    expect(await asked(`${pid} ${BigInt(start) + 1n} ${cgroup}`)).toBe(`fail 3 guest ${pid}`);
    expect(await asked(`${pid} ${start} /nowhere`)).toBe('fail 1 cgroup /nowhere');
    expect(await asked(`${pid} ${start} /`)).toBe('fail 1 cgroup /');
    expect(other.signalCode).toBe(null);
    expect(guest.said).not.toContain('told');
  });
});
