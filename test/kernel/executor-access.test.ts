import { readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { DEVICES_ROOT, hasV1Devices } from './hierarchies.ts';
import { type GuestWish, TestGuest } from './test-guest.ts';

describe.skipIf(!isRoot || !hasV1Devices)('grants, devices controller of v1', () => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  const start = async (wish: GuestWish): Promise<void> => {
    guest = await TestGuest.start(wish);
    expect(await executor.tell(guest.opening)).toMatch(wish.confined ? / confined-v1$/ : / open$/);
  };
  beforeEach(() => {
    executor = new ExecutorClient();
  });
  afterEach(async () => {
    await executor.stop();
    await guest.stop();
  });
  const folder = (below: string) => `${DEVICES_ROOT}${guest.cgroup}${below}`;
  const list = (below = '') => readFileSync(`${folder(below)}/devices.list`, 'utf8');
  const moveInit = (from: string, to: string): void => {
    for (const pid of readFileSync(`${folder(from)}/cgroup.procs`, 'utf8')
      .trim()
      .split('\n'))
      writeFileSync(`${folder(to)}/cgroup.procs`, pid);
  };
  /** Opened where it was named, its init goes below as the one of a machine does. */
  const startAndGoBelow = async (wish: GuestWish): Promise<void> => {
    await start({ ...wish, below: 'init.scope' });
    moveInit('/init.scope', '');
    await executor.tell(guest.opening);
    moveInit('', '/init.scope');
  };
  const tell = (verb: string, words = ''): Promise<string> => executor.tell(`${verb} ${guest.name} ${words}`.trimEnd());

  test.each([{ confined: true }, { confined: true, users: [100_000, 65_536] } as const])(
    'a confined guest opens what it was granted, as long as it is granted',
    async (wish) => {
      await start(wish);
      await tell('make-node', 'dev/kmsg c:1:11 0666 0 0');
      expect(await guest.does('open /dev/kmsg w')).toBe('errno 1');
      expect(await tell('verify', 'c:1:11 w')).toBe('fail 1 faccessat c:1:11');
      expect(await tell('grant', 'c:1:11 w')).toBe('ok');
      expect(await tell('verify', 'c:1:11 w')).toBe('ok');
      expect(await guest.does('open /dev/kmsg w')).toBe('ok');
      expect(await tell('verify', 'c:1:11 rw')).toBe('fail 1 faccessat c:1:11');
      expect(await guest.does('open /dev/kmsg rw')).toBe('errno 1');
      expect(await tell('grant', 'c:1:11 rwm')).toBe('ok');
      expect(await tell('verify', 'c:1:11 rwm')).toBe('ok');
      expect(await tell('revoke', 'c:1:11 rwm')).toBe('ok');
      expect(await tell('revoke', 'c:1:11 rwm')).toBe('ok');
      expect(await tell('verify', 'c:1:11 m')).toBe('fail 1 faccessat c:1:11');
      expect(await guest.does('open /dev/kmsg w')).toBe('errno 1');
    },
  );

  test('a grant reaches every level down to init, and is taken from each', async () => {
    await start({ confined: true, below: 'ns' });
    expect(await tell('grant', 'c:1:11 rw')).toBe('ok');
    expect([list(), list('/ns')].every((text) => text.includes('c 1:11 rw\n'))).toBe(true);
    expect(await tell('revoke', 'c:1:11 w')).toBe('ok');
    expect([list(), list('/ns')].every((text) => text.includes('c 1:11 r\n'))).toBe(true);
    expect(await tell('revoke', 'c:1:11 r')).toBe('ok');
    expect([list(), list('/ns')].some((text) => text.includes('1:11'))).toBe(false);
  });

  test('a guest whose init has moved since is asked where init is now', async () => {
    await start({ confined: true, below: 'first' });
    expect(await tell('grant', 'c:1:11 r')).toBe('ok');
    moveInit('/first', '');
    rmdirSync(folder('/first'));
    expect(await tell('verify', 'c:1:11 r')).toBe('ok');
    expect(await tell('verify', 'c:1:11 w')).toBe('fail 1 faccessat c:1:11');
  });

  test('a grant reaches a guest whose init has gone below since, and is told and taken back there', async () => {
    await startAndGoBelow({ confined: true });
    expect(await tell('grant', 'c:1:11 rw')).toBe('ok');
    expect(await tell('verify', 'c:1:11 rw')).toBe('ok');
    expect([list(), list('/init.scope')].every((text) => text.includes('c 1:11 rw\n'))).toBe(true);
    writeFileSync(`${folder('/init.scope')}/devices.deny`, 'c 1:11 w');
    expect(await executor.ask(`grants ${guest.name}`)).toContain('row c:1:11 r');
    expect(await tell('revoke', 'c:1:11 rw')).toBe('ok');
    expect([list(), list('/init.scope')].some((text) => text.includes('1:11'))).toBe(false);
  });

  test('an open guest whose init has gone below since is confined there', async () => {
    await startAndGoBelow({});
    expect(await tell('confine')).toBe('ok');
    expect(await tell('verify', 'c:1:11 r')).toBe('fail 1 faccessat c:1:11');
    expect((await executor.ask(`grants ${guest.name}`)).at(-1)).toBe('ok 9 confined-v1');
  });

  test('what is granted is told, wildcards as wildcards', async () => {
    await start({ confined: true });
    await tell('grant', 'c:1:11 r');
    const rows = await executor.ask(`grants ${guest.name}`);
    expect(rows.at(-1)).toBe('ok 10 confined-v1');
    expect(rows).toContain('row c:136:%2A rwm');
    expect(rows).toContain('row c:1:11 r');
  });

  test('an open guest is not changed by a grant or a revocation, and can be confined', async () => {
    await start({});
    expect(await tell('grant', 'c:1:11 rw')).toBe('ok');
    expect(await tell('revoke', 'c:1:11 rw')).toBe('ok');
    expect(list()).toBe('a *:* rwm\n');
    expect(await executor.ask(`grants ${guest.name}`)).toEqual(['row a:%2A:%2A rwm', 'ok 1 open']);
    await tell('make-node', 'dev/kmsg c:1:11 0666 0 0');
    await tell('make-node', 'dev/null c:1:3 0666 0 0');
    expect(await guest.does('open /dev/kmsg w')).toBe('ok');
    expect(await tell('confine')).toBe('ok');
    expect(await tell('confine')).toBe('ok');
    expect(await guest.does('open /dev/kmsg w')).toBe('errno 1');
    expect(await guest.does('open /dev/null rw')).toBe('ok');
    expect((await executor.ask(`grants ${guest.name}`)).at(-1)).toBe('ok 9 confined-v1');
  });

  test('no grant is given of a number that the host does not have', async () => {
    await start({ confined: true });
    expect(await tell('grant', 'c:4000:7 rw')).toBe('fail 19 sysfs c:4000:7');
    expect(await tell('grant', 'c:1:11 wr')).toBe('fail 22 protocol grant');
    expect(await tell('grant', 'c:1:* rw')).toBe('fail 22 protocol grant');
    expect(await tell('adopt-program', 'c:1:3:rw')).toMatch(/^fail 95 /);
  });
});
