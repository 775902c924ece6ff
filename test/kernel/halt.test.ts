import { closeSync, constants, openSync, readSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { startTime } from './start-time.ts';
import { TestGuest } from './test-guest.ts';

let executor: ExecutorClient;
let guest: TestGuest;

const halt = (words: string, named = guest.named): Promise<string> => executor.tell(`halt ${named} ${words}`);
const inside = (path: string): string => `/proc/${guest.pid}/root/${path}`;

/** What it would be told, by a fifo at that path that is read. */
async function heard(path: string, words: string): Promise<{ readonly answer: string; readonly bytes: Buffer }> {
  const reader = openSync(inside(path), constants.O_RDONLY | constants.O_NONBLOCK);
  const answer = await halt(words);
  const bytes = Buffer.alloc(1000);
  const length = readSync(reader, bytes);
  closeSync(reader);
  return { answer, bytes: bytes.subarray(0, length) };
}

describe.skipIf(!isRoot).each([
  { kind: 'a guest', wish: {} },
  { kind: 'a guest with users of its own', wish: { users: [100_000, 65_536] as const } },
])('the init of $kind', ({ wish }) => {
  beforeEach(async () => {
    executor = new ExecutorClient();
    guest = await TestGuest.start(wish);
    await guest.does('mkdir /run');
  });
  afterEach(async () => {
    await guest.stop();
    await executor.stop();
  });

  test('is sent the signal that was asked for', async () => {
    expect(await halt('signal 9')).toBe('ok');
    await eventually(() => expect(() => process.kill(guest.pid, 0)).toThrow('ESRCH'));
    expect(await executor.tell(`halt ${guest.pid} 1 ${guest.cgroup} signal 9`)).toBe(`fail 3 guest ${guest.pid}`);
  });

  test.each(['run/initctl', 'dev/initctl'])('is told the runlevel in %s, in one request', async (path) => {
    await guest.does(`fifo /${path}`);
    const { answer, bytes } = await heard(path, 'initctl 6');
    expect(answer).toBe('ok');
    expect(bytes.length).toBe(384);
    expect([0, 4, 8].map((at) => bytes.readUInt32LE(at))).toEqual([0x03091969, 1, '6'.charCodeAt(0)]);
    expect(bytes.subarray(16).every((byte) => byte === 0)).toBe(true);
  });

  test('is not waited for where it does not read its fifo, or where that is full', async () => {
    expect(await halt('initctl 0')).toBe('fail 2 initctl run/initctl');
    await guest.does('fifo /run/initctl');
    expect(await halt('initctl 0')).toBe('fail 6 initctl run/initctl');
    const reader = openSync(inside('run/initctl'), constants.O_RDONLY | constants.O_NONBLOCK);
    const asked: string[] = [];
    while (asked.at(-1) !== 'fail 11 initctl run/initctl' && asked.length < 1000) asked.push(await halt('initctl 0'));
    closeSync(reader);
    expect(asked.length).toBeLessThan(1000);
  });

  test.each([
    ['a link', 'symlink /tmp/pipe /run/initctl'],
    ['a link to a device of the host', 'symlink /proc/1/root/dev/full /run/initctl'],
    ['a folder', 'mkdir /run/initctl'],
    ['a socket', 'socket /run/initctl'],
    ['a file', 'write /run/initctl mine'],
  ])('is not told anything where its fifo is %s', async (_, made) => {
    await guest.does('fifo /tmp/pipe');
    expect(await guest.does(made)).toBe('ok');
    const reader = openSync(inside('tmp/pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    expect(await halt('initctl 0')).toBe('fail 22 initctl run/initctl');
    expect(readSync(reader, Buffer.alloc(1))).toBe(0);
    closeSync(reader);
  });

  test('finds what it looks at where it is runit: made anew, as Debian’s names it', async () => {
    expect(await halt('runit')).toBe('ok');
    expect(await guest.does('stat /run/runit.stopit')).toBe('ok 10 0100 0 0 0:0');
    expect(await guest.does('stat /run/runit.reboot')).toBe('ok 10 0000 0 0 0:0');
    expect(await halt('runit')).toBe('ok');
  });

  test.each(['run/runit', 'etc/runit'])(
    'finds what it looks at where it is runit: in %s, if it is there',
    async (folder) => {
      await guest.does(`mkdir /${folder}`);
      for (const name of ['stopit', 'reboot']) {
        await guest.does(`write /${folder}/${name} x`);
        await guest.does(`chmod /${folder}/${name} ${name === 'reboot' ? '0100' : '0000'}`);
      }
      expect(await halt('runit')).toBe('ok');
      expect(await guest.does(`stat /${folder}/stopit`)).toBe('ok 10 0100 0 0 0:0');
      expect(await guest.does(`stat /${folder}/reboot`)).toBe('ok 10 0000 0 0 0:0');
      expect(await guest.does('stat /run/runit.stopit')).toBe('errno 2');
    },
  );

  test.each([
    ['a link', 'symlink /tmp/else /run/runit.stopit'],
    ['a fifo', 'fifo /run/runit.stopit'],
    ['a folder', 'mkdir /run/runit.stopit'],
  ])('is refused where runit’s file is %s, and what is behind it stays', async (_, made) => {
    await guest.does('write /tmp/else x');
    await guest.does(made);
    const before = await guest.does('stat /run/runit.stopit');
    expect(await halt('runit')).toBe('fail 17 foreign run/runit.stopit');
    expect(await guest.does('stat /tmp/else')).toBe('ok 10 0644 0 0 0:0');
    expect(await guest.does('stat /run/runit.stopit')).toBe(before);
  });

  test.each([
    'signal 0',
    'signal 65',
    'signal TERM',
    'signal',
    'initctl',
    'initctl 7',
    'initctl S',
    'runit 0',
    'poweroff',
  ])('is never told %s', async (words) => expect(await halt(words)).toBe('fail 22 protocol halt'));

  test('is this process only, in this cgroup', async () => {
    const [pid, start, cgroup] = [guest.pid, startTime(guest.pid), guest.cgroup];
    expect(await halt('signal 9', `${pid} ${start + 1n} ${cgroup}`)).toBe(`fail 3 guest ${pid}`);
    expect(await halt('signal 9', `${process.pid} ${startTime(process.pid)} ${cgroup}`)).toMatch(/^fail 3 guest/);
    expect(await halt('signal 9', `${pid} ${start} /nowhere`)).toMatch(/^fail \d+ cgroup \/nowhere$/);
    expect(await guest.does('stat /run')).toMatch(/^ok/);
  });
});
