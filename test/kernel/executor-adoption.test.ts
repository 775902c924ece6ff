import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { TestGuest } from './test-guest.ts';

describe.skipIf(!isRoot)('the next executor', () => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  beforeEach(async () => {
    executor = new ExecutorClient();
    guest = await TestGuest.start({ users: [100_000, 65_536] });
    await executor.tell(guest.opening);
    await executor.tell(`make-folder ${guest.name} dev/a`);
    await executor.tell(`make-node ${guest.name} dev/a/null c:1:3 0666 0 0`);
    await executor.tell(`make-node ${guest.name} dev/zero c:1:5 0666 0 0`);
  });
  afterEach(async () => {
    await executor.stop();
    await guest.stop();
  });

  const succeed = async (): Promise<void> => {
    const next = new ExecutorClient('true', executor);
    await next.tell('guest-close nobody');
    await executor.end();
    executor = next;
  };

  test('goes on where the last one ended, and the guest noticed nothing', async () => {
    await succeed();
    expect(await guest.does('open /dev/a/null rw')).toBe('ok');
    expect(await guest.does('open /dev/zero rw')).toBe('ok');
    expect(await executor.tell(guest.opening)).toMatch(/ guest open$/);
    expect(await executor.tell(`make-node ${guest.name} dev/a/full c:1:7 0666 0 0`)).toBe('ok');
    expect(await guest.does('open /dev/a/full r')).toBe('ok');
    for (const node of ['dev/a/full c:1:7', 'dev/a/null c:1:3', 'dev/zero c:1:5'])
      expect(await executor.tell(`remove-node ${guest.name} ${node}`)).toBe('ok');
    expect(await executor.tell(`remove-folder ${guest.name} dev/a`)).toBe('ok');
    expect(executor.staged(guest.name)).toEqual([]);
  });

  test('finds nothing of a guest that ended', async () => {
    expect(executor.staged(guest.name)).toHaveLength(2);
    process.kill(guest.pid, 'SIGKILL');
    await executor.event(/guest-gone/);
    await expect.poll(() => executor.staged(guest.name)).toEqual([]);
  });

  test('lets go what is left of a start of the guest that it did not see end', async () => {
    await succeed();
    const again = await TestGuest.start({ users: [100_000, 65_536] });
    const opening = again.opening.replace(again.name, guest.name);
    expect(await executor.tell(opening)).toMatch(/ guest open$/);
    expect(executor.staged(guest.name)).toEqual([]);
    expect(await guest.does('open /dev/zero rw')).toBe('ok');
    await again.stop();
  });
});
