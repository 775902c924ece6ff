import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { type GuestWish, TestGuest } from './test-guest.ts';

const kinds: readonly (readonly [string, GuestWish])[] = [
  ['a privileged guest', {}],
  ['a guest with a user namespace', { users: [100_000, 65_536] }],
];

const changes = [
  'make-node GUEST PATH c:1:3 0666 0 0',
  'set-node GUEST PATH c:1:3 0666 0 0',
  'remove-node GUEST PATH c:1:3',
  'make-folder GUEST PATH',
  'remove-folder GUEST PATH',
  'make-link GUEST PATH null',
  'remove-link GUEST PATH null',
];

describe.skipIf(!isRoot).each(kinds)('nothing outside is touched when %s', (_, wish) => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  let outside: string;
  beforeEach(async () => {
    outside = mkdtempSync(join(tmpdir(), 'hostler-outside-'));
    executor = new ExecutorClient();
    guest = await TestGuest.start(wish);
    await executor.tell(guest.opening);
  });
  afterEach(async () => {
    expect(readdirSync(outside)).toEqual([]);
    await executor.stop();
    await guest.stop();
    rmSync(outside, { recursive: true });
  });

  const every = async (path: string): Promise<ReadonlySet<string>> => {
    const words = (line: string): string => line.replace('GUEST', guest.name).replace('PATH', path);
    return new Set(await Promise.all(changes.map((line) => executor.tell(words(line)))));
  };
  const seen = async (path: string): Promise<string | undefined> =>
    (await executor.ask(`observe ${guest.name} ${path}`))[0];

  const links: readonly (readonly [string, () => string])[] = [
    ['an absolute link', () => outside],
    ['a relative link', () => `../../../../..${outside}`],
    ['a magic link', () => '/proc/1/root'],
    ['a link to a folder of its own', () => '/tmp'],
  ];

  test.each(links)('makes a folder below /dev %s', async (__, target) => {
    await guest.does(`symlink ${target()} /dev/bus`);
    expect(await every('dev/bus/x')).toEqual(new Set(['fail 40 openat2 dev/bus/x']));
    expect(await seen('dev/bus/x')).toBe('row dev/bus/x refused - - - - 40');
  });

  test.each(links)('makes /dev itself %s', async (__, target) => {
    expect(await guest.does('umount /dev')).toBe('ok');
    expect(await guest.does('rmdir /dev')).toBe('ok');
    expect(await guest.does(`symlink ${target()} /dev`)).toBe('ok');
    expect(await every('dev/x')).toEqual(new Set(['fail 40 openat2 dev/x']));
    expect(await seen('dev')).toMatch(/^row dev link - 0777 0 0 /);
    expect(await executor.tell(guest.opening)).toMatch(/^ok /);
  });

  test.each(['fifo', 'write'])('makes a folder below /dev a %s', async (command) => {
    await guest.does(`${command} /dev/bus x`);
    expect(await every('dev/bus/x')).toEqual(new Set(['fail 20 openat2 dev/bus/x']));
    expect(await seen('dev/bus/x')).toBe('row dev/bus/x refused - - - - 20');
  });

  test('makes the name of a node a FIFO, which is not waited for', async () => {
    await guest.does('fifo /dev/x');
    expect(await executor.tell(`make-node ${guest.name} dev/x c:1:3 0666 0 0`)).toBe('fail 17 foreign dev/x');
    expect(await seen('dev/x')).toMatch(/^row dev\/x fifo /);
  });

  test('makes the temporary name a link out', async () => {
    await guest.does(`symlink ${outside}/x /dev/.hostler-new`);
    expect(await executor.tell(`make-node ${guest.name} dev/x c:1:3 0666 0 0`)).toBe('ok');
    expect(await guest.does('stat /dev/x')).toBe('ok 2 0666 0 0 1:3');
  });

  test('changes its root after it was opened', async () => {
    await guest.does('mkdir /tmp/root');
    expect(await guest.does('chroot /tmp/root')).toBe('ok');
    const refused = new Set([`fail 116 root ${guest.name}`]);
    expect(await every('dev/x')).toEqual(refused);
  });

  test('takes a mount away: what is under it is told', async () => {
    if (!wish.users) return;
    await executor.tell(`make-node ${guest.name} dev/x c:1:3 0666 0 0`);
    expect(await guest.does('umount /dev/x')).toBe('ok');
    expect(await seen('dev/x')).toBe('row dev/x file - 0000 0 0 -');
  });

  test('and a naive way would have gone out', () => {
    return guest.does(`symlink ${outside} /dev/bus`).then(() => {
      writeFileSync(`/proc/${guest.pid}/root/dev/bus/x`, '');
      expect(readdirSync(outside)).toEqual(['x']);
      rmSync(join(outside, 'x'));
    });
  });
});
