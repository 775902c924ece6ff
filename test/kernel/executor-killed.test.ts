import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { fixture } from './listening.ts';
import { type GuestWish, TestGuest } from './test-guest.ts';

const USER = 100_000;

describe.skipIf(!isRoot)('an executor that is killed takes along', () => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  let mute: ChildProcess | undefined;
  afterEach(async () => {
    mute?.kill('SIGKILL');
    await executor.stop();
    await guest.stop();
  });

  const start = async (wish: GuestWish): Promise<number> => {
    executor = new ExecutorClient();
    guest = await TestGuest.start(wish);
    expect(await executor.tell(guest.opening)).toMatch(/^ok /);
    return executor.worker();
  };
  const isKilled = async (pid: number): Promise<void> => {
    process.kill(executor.pid, 'SIGKILL');
    await expect.poll(() => stateOf(pid)).toMatch(/^[ZX]?$/);
    expect(stateOf(guest.pid)).toMatch(/^[SR]$/);
  };
  /** A file system over the guest's /run that says nothing any more once somebody has looked at it. */
  const silenceRun = async (): Promise<void> => {
    expect(await guest.does('mkdir /run')).toBe('ok');
    const words = ['/dev/fuse', '/run', 'late', String(guest.pid)];
    mute = spawn(fixture('mute'), words, { stdio: ['ignore', 'pipe', 'inherit'] });
    if (mute.stdout) expect(String(await once(mute.stdout, 'data'))).toBe('mounted\n');
  };

  test('a worker that was stopped in a request', async () => {
    const worker = await start({});
    process.kill(worker, 'SIGSTOP');
    await expect.poll(() => stateOf(worker)).toBe('T');
    void executor.tell(`observe ${guest.name} dev`);
    await executor.tell('guest-close nobody');
    await isKilled(worker);
  });

  test.runIf(existsSync('/dev/fuse'))(
    "a worker that waits for the guest's file system with the identity of the guest's root",
    async () => {
      const worker = await start({ users: [USER, 65_536], net: true });
      await silenceRun();
      void executor.tell(`let-listen ${guest.name}`);
      await expect.poll(() => fileUserOf(worker)).toBe(USER);
      await expect.poll(() => stateOf(worker)).toMatch(/^[DS]$/);
      await isKilled(worker);
    },
  );
});

/** Empty: it is no more. */
function stateOf(pid: number): string {
  return /^State:\s+(\S)/m.exec(statusOf(pid))?.[1] ?? '';
}

function fileUserOf(pid: number): number {
  return Number(/^Uid:\s+\d+\s+\d+\s+\d+\s+(\d+)/m.exec(statusOf(pid))?.[1]);
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}
