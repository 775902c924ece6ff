import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { TestGuest } from './test-guest.ts';

describe.skipIf(!isRoot)('a guest whose users are not mapped yet', () => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  beforeEach(async () => {
    executor = new ExecutorClient();
    guest = await TestGuest.start({ users: [100_000, 65_536], late: true });
  });
  afterEach(async () => {
    await executor.stop();
    await guest.stop();
  });

  test('is not opened, and is opened once they are', async () => {
    expect(await executor.tell(guest.opening)).toBe(`fail 3 guest ${guest.name}`);
    await guest.map();
    expect(await executor.tell(guest.opening)).toMatch(/^ok /);
    expect(await executor.tell(`make-node ${guest.name} dev/zero c:1:5 0640 3 4`)).toBe('ok');
    expect(await guest.does('stat /dev/zero')).toBe('ok 2 0640 3 4 1:5');
  });
});
