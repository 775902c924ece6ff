import { existsSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { type GuestWish, TestGuest } from './test-guest.ts';

const kinds: readonly (readonly [string, GuestWish, string, string])[] = [
  ['a privileged guest', {}, 'host', 'made'],
  ['a guest with a user namespace', { users: [100_000, 65_536] }, 'guest', 'bound'],
];

describe.skipIf(!isRoot).each(kinds)('%s', (_, wish, kind, how) => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  beforeAll(async () => {
    executor = new ExecutorClient();
    guest = await TestGuest.start(wish);
    expect(await executor.tell(guest.opening)).toMatch(new RegExp(`^ok \\d+ \\d+:\\d+ ${kind} open$`));
  });
  afterAll(async () => {
    await executor.stop();
    await guest.stop();
  });

  const tell = (verb: string, words: string): Promise<string> => executor.tell(`${verb} ${guest.name} ${words}`);
  const seen = async (path: string): Promise<string | undefined> =>
    (await executor.ask(`observe ${guest.name} ${path}`))[0];

  test('gets a node with owner and mode, and can open it', async () => {
    expect(await tell('make-node', 'dev/first c:1:5 0640 3 4')).toBe('ok');
    expect(await guest.does('stat /dev/first')).toBe('ok 2 0640 3 4 1:5');
    expect(await guest.does('open /dev/first rw')).toBe('ok');
    expect(await seen('dev/first')).toBe(`row dev/first char c:1:5 0640 3 4 ${how}`);
  });

  test('keeps a node that is right, and has its owner and mode corrected', async () => {
    expect(await tell('make-node', 'dev/first c:1:5 2604 0 7')).toBe('ok');
    expect(await guest.does('stat /dev/first')).toBe('ok 2 2604 0 7 1:5');
    expect(await guest.does('chmod /dev/first 0777')).toBe('ok');
    expect(await tell('set-node', 'dev/first c:1:5 0600 1 1')).toBe('ok');
    expect(await guest.does('stat /dev/first')).toBe('ok 2 0600 1 1 1:5');
  });

  test('gets another device under the same name', async () => {
    expect(await tell('make-node', 'dev/first c:1:7 0666 0 0')).toBe('ok');
    expect(await guest.does('stat /dev/first')).toBe('ok 2 0666 0 0 1:7');
    expect(await guest.does('open /dev/first rw')).toBe('ok');
  });

  test('loses a node only by its number', async () => {
    expect(await tell('remove-node', 'dev/first c:1:5')).toBe('fail 1 number dev/first');
    expect(await tell('set-node', 'dev/first c:1:5 0600 0 0')).toBe('fail 1 number dev/first');
    expect(await tell('remove-node', 'dev/first c:1:7')).toBe('ok');
    expect(await guest.does('stat /dev/first')).toBe('errno 2');
    expect(await tell('remove-node', 'dev/first c:1:7')).toBe('ok');
    expect(await tell('set-node', 'dev/first c:1:7 0600 0 0')).toBe('fail 2 openat dev/first');
    expect(await seen('dev/first')).toBe('row dev/first absent - - - - -');
  });

  test('gets folders with nodes in them, and nothing stays of them', async () => {
    const made = ['make-folder', 'make-folder', 'make-node', 'make-node'];
    const words = ['dev/a', 'dev/a/b', 'dev/a/b/null c:1:3 0666 0 0', 'dev/a/zero c:1:5 0660 2 2'];
    const plan = made.map((verb, index) => `${verb} ${guest.name} ${words[index]}`);
    expect(await executor.perform(plan)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(await executor.perform(plan)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(await guest.does('stat /dev/a/b')).toBe('ok 4 0755 0 0 0:0');
    expect(await guest.does('open /dev/a/b/null rw')).toBe('ok');
    expect(await seen('dev/a')).toBe('row dev/a folder - 0755 0 0 1');
    expect(await tell('remove-folder', 'dev/a/b')).toBe('fail 39 unlinkat dev/a/b');
    expect(await tell('remove-folder', 'dev/a')).toBe('fail 39 unlinkat dev/a');
    expect(await tell('remove-node', 'dev/a/b/null c:1:3')).toBe('ok');
    expect(await tell('remove-folder', 'dev/a/b')).toBe('ok');
    expect(await tell('remove-node', 'dev/a/zero c:1:5')).toBe('ok');
    expect(await seen('dev/a')).toBe('row dev/a folder - 0755 0 0 0');
    expect(await tell('remove-folder', 'dev/a')).toBe('ok');
    expect(await tell('remove-folder', 'dev/a')).toBe('ok');
    expect(await guest.does('rmdir /dev/a')).toBe('errno 2');
    expect(await tell('remove-node', 'dev/a/zero c:1:5')).toBe('ok');
  });

  test('leaves nothing staged when all is taken back', async () => {
    await tell('make-folder', 'dev/a');
    await tell('make-node', 'dev/a/null c:1:3 0666 0 0');
    await tell('make-node', 'dev/b c:1:5 0666 0 0');
    await tell('make-node', 'dev/b c:1:7 0666 0 0');
    expect(executor.staged(guest.name)).toHaveLength(wish.users ? 2 : 0);
    await tell('remove-node', 'dev/a/null c:1:3');
    await tell('remove-folder', 'dev/a');
    await tell('remove-node', 'dev/b c:1:7');
    expect(executor.staged(guest.name)).toEqual([]);
  });

  test('gets links that belong to its root', async () => {
    expect(await tell('make-link', 'dev/link some/where')).toBe('ok');
    expect(await guest.does('readlink /dev/link')).toBe('ok some/where');
    expect(await guest.does('stat /dev/link')).toMatch(/^ok 12 0777 0 0 /);
    expect(await seen('dev/link')).toBe('row dev/link link - 0777 0 0 some/where');
    expect(await tell('make-link', 'dev/link else%20where')).toBe('ok');
    expect(await seen('dev/link')).toBe('row dev/link link - 0777 0 0 else%20where');
    expect(await tell('remove-link', 'dev/link some/where')).toBe('fail 1 target dev/link');
    expect(await tell('remove-link', 'dev/link else%20where')).toBe('ok');
    expect(await tell('remove-link', 'dev/link else%20where')).toBe('ok');
    expect(await guest.does('readlink /dev/link')).toBe('errno 2');
  });

  test('has its own files left alone', async () => {
    await guest.does('write /dev/file text');
    await guest.does('fifo /dev/fifo');
    await guest.does('symlink null /dev/link');
    for (const path of ['dev/file', 'dev/fifo', 'dev/link'])
      expect(await tell('make-node', `${path} c:1:3 0666 0 0`)).toBe(`fail 17 foreign ${path}`);
    expect(await tell('remove-node', 'dev/fifo c:1:3')).toBe('fail 17 foreign dev/fifo');
    expect(await tell('remove-folder', 'dev/file')).toBe('fail 17 foreign dev/file');
    expect(await tell('make-folder', 'dev/link')).toBe('fail 17 foreign dev/link');
    expect(await tell('make-link', 'dev/file x')).toBe('fail 17 foreign dev/file');
    expect(await tell('remove-link', 'dev/fifo x')).toBe('fail 17 foreign dev/fifo');
    expect(await seen('dev/fifo')).toMatch(/^row dev\/fifo fifo - 0644 /);
    expect(await seen('dev/file')).toMatch(/^row dev\/file file - 0644 /);
    for (const path of ['file', 'fifo', 'link']) expect(await guest.does(`unlink /dev/${path}`)).toBe('ok');
    expect(await seen('dev')).toBe('row dev folder - 0755 0 0 0');
  });

  test('is told what is malformed, unknown or unmapped', async () => {
    expect(await tell('make-node', 'dev/a c:4000:7 0666 0 0')).toBe('fail 19 sysfs c:4000:7');
    expect(await tell('make-node', 'dev/a c:1:3 666 0 0')).toBe('fail 22 protocol make-node');
    expect(await tell('make-node', 'dev/a c:1:03 0666 0 0')).toBe('fail 22 protocol make-node');
    expect(await tell('make-node', 'dev/a c:1:3 0666 0 -1')).toBe('fail 22 protocol make-node');
    const unmapped = wish.users ? 65_536 : undefined;
    if (unmapped !== undefined)
      expect(await tell('make-node', `dev/a c:1:3 0666 ${unmapped} 0`)).toBe(`fail 75 unmapped ${unmapped}`);
    for (const path of ['/dev/a', 'dev//a', 'dev/../a', 'dev/./a', 'dev/', 'dev', 'etc/a', `dev/${'a'.repeat(256)}`])
      expect(await tell('make-node', `${path} c:1:3 0666 0 0`)).toBe(`fail 22 path ${path}`);
    const deep = `dev${'/a'.repeat(32)}`;
    expect(await tell('make-node', `${deep} c:1:3 0666 0 0`)).toBe(`fail 22 path ${deep}`);
    expect(await tell('make-node', 'dev/none/a c:1:3 0666 0 0')).toBe('fail 2 openat2 dev/none/a');
  });

  test('has its files read, but no device and nothing out of its root', async () => {
    expect(await guest.does('write /etc/passwd root:x:0:0:%')).toBe('ok');
    expect(await guest.does('symlink ../../../../etc/passwd /etc/link')).toBe('ok');
    expect(await guest.does('symlink /proc/1/root/etc/hostname /etc/magic')).toBe('ok');
    expect(await guest.does('fifo /etc/fifo')).toBe('ok');
    expect(await tell('read-file', 'etc/passwd')).toBe('ok root:x:0:0:%25');
    expect(await tell('read-file', 'etc/link')).toBe('ok root:x:0:0:%25');
    expect(await tell('read-file', 'etc/magic')).toBe('fail 40 openat2 etc/magic');
    expect(await tell('read-file', 'etc/fifo')).toBe('fail 17 foreign etc/fifo');
    expect(await tell('read-file', 'etc/group')).toBe('fail 2 openat2 etc/group');
  });

  test('whose worker left something half made gets it cleaned up', async () => {
    if (!wish.users) expect(await guest.does('mknod /dev/.hostler-new c:1:3')).toBe('ok');
    else expect(await guest.does('write /dev/.hostler-new x')).toBe('ok');
    expect(await tell('make-node', 'dev/a c:1:5 0600 0 0')).toBe('ok');
    expect(await guest.does('stat /dev/.hostler-new')).toBe('errno 2');
    expect(await tell('remove-node', 'dev/a c:1:5')).toBe('ok');
  });

  test("never has the host's own /dev changed through it", async () => {
    const before = statSync('/dev/full');
    await guest.does('mkdir /dev/host');
    await guest.does('write /dev/full x');
    expect(await guest.does('bind-host-dev /dev/host')).toBe('ok');
    expect(await guest.does('bind-host-full /dev/full')).toBe('ok');
    expect(await tell('set-node', 'dev/full c:1:7 0600 1 1')).toBe('fail 18 host dev/full');
    expect(await tell('make-node', 'dev/full c:1:7 0600 1 1')).toBe('fail 18 host dev/full');
    expect(await tell('remove-node', 'dev/full c:1:7')).toBe('fail 18 host dev/full');
    expect(await tell('make-node', 'dev/host/new c:1:7 0600 1 1')).toBe('fail 18 host dev/host/new');
    expect(await tell('make-link', 'dev/host/new x')).toBe('fail 18 host dev/host/new');
    expect(await tell('make-folder', 'dev/host/new')).toBe('fail 18 host dev/host/new');
    expect(existsSync('/dev/new')).toBe(false);
    const { mode, uid, gid, ctimeMs } = statSync('/dev/full');
    expect({ mode, uid, gid, ctimeMs }).toEqual({
      mode: before.mode,
      uid: before.uid,
      gid: before.gid,
      ctimeMs: before.ctimeMs,
    });
  });
});
