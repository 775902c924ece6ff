import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Denying, denyIn } from './denying.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { TestGuest, V2_ROOT } from './test-guest.ts';

// Where the devices controller of v1 is not mounted, the executor uses v2: so it is hidden from this one.
const WITHOUT_V1 = 'umount /sys/fs/cgroup/devices';

describe.skipIf(!isRoot || !existsSync(`${V2_ROOT}/cgroup.procs`))("an operator's device program", () => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  const attached: Denying[] = [];
  beforeEach(async () => {
    executor = new ExecutorClient(WITHOUT_V1);
    guest = await TestGuest.start({ hierarchy: V2_ROOT });
    await executor.tell(guest.opening);
    await executor.tell(`make-node ${guest.name} dev/null c:1:3 0666 0 0`);
    await executor.tell(`make-node ${guest.name} dev/zero c:1:5 0666 0 0`);
  });
  afterEach(async () => {
    for (const program of attached.splice(0)) await program.end();
    await executor.stop();
    await guest.stop();
  });
  const tell = (verb: string, words = ''): Promise<string> => executor.tell(`${verb} ${guest.name} ${words}`.trimEnd());
  const grants = (): Promise<readonly string[]> => executor.ask(`grants ${guest.name}`);
  const deny = async (number: string): Promise<Denying> => {
    const program = await denyIn(`${V2_ROOT}${guest.cgroup}`, number);
    attached.push(program);
    return program;
  };

  test('beside ours stays, is named, and goes on denying whatever is asked for', async () => {
    await tell('adopt-program', 'c:1:3:rw c:1:5:rw');
    const { id, end } = await deny('1:5');
    expect((await grants()).at(-1)).toBe(`ok 2 drifted held ${id}`);
    expect(await tell('adopt-program', 'c:1:3:rw c:1:5:rw')).toBe(`fail 16 program-held ${id}`);
    expect(await tell('grant', 'c:1:7 rw')).toBe(`fail 1 drift ${guest.cgroup}`);
    expect(await guest.does('open /dev/zero r')).toBe('errno 1');
    expect(await guest.does('open /dev/null rw')).toBe('ok');
    expect(await tell('revoke', 'c:1:3 rw')).toBe('ok');
    expect(await guest.does('open /dev/null rw')).toBe('errno 1');
    await end();
    expect((await grants()).at(-1)).toBe('ok 1 confined-v2');
    expect(await tell('adopt-program', 'c:1:5:rw')).toBe('ok');
    expect(await guest.does('open /dev/zero r')).toBe('ok');
  });

  test('beside another that is not ours stays, and so does that one', async () => {
    const first = await deny('1:3');
    const second = await deny('1:5');
    const [answer = ''] = await grants();
    expect([`ok 0 foreign held ${first.id}`, `ok 0 foreign held ${second.id}`]).toContain(answer);
    expect(await tell('adopt-program', 'c:1:3:rw c:1:5:rw')).toMatch(/^fail 16 program-held \d+$/);
    expect(await guest.does('open /dev/null rw')).toBe('errno 1');
    expect(await guest.does('open /dev/zero r')).toBe('errno 1');
  });

  test('that is the only one is for the configuration to explain, and is replaced as a whole', async () => {
    const { id } = await deny('1:5');
    expect(await grants()).toEqual([`ok 0 foreign unread ${id}`]);
    expect(await tell('adopt-program', 'c:1:5:rw')).toBe('ok');
    attached.length = 0;
    expect(await guest.does('open /dev/zero r')).toBe('ok');
    expect(await guest.does('open /dev/null rw')).toBe('errno 1');
  });
});
