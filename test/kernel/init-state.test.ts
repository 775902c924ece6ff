import { readFileSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { initState } from './booted-guest.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { hasV2, V2_ROOT } from './hierarchies.ts';
import { TestGuest } from './test-guest.ts';

let executor: ExecutorClient;
let guest: TestGuest;

describe.skipIf(!isRoot || !hasV2)('what init-state says of a guest', () => {
  beforeEach(async () => {
    executor = new ExecutorClient();
    guest = await TestGuest.start({ hierarchy: V2_ROOT });
  });
  afterEach(async () => {
    await guest.stop();
    await executor.stop();
  });

  test('names no program as long as init is a copy of who made it', async () => {
    expect(await initState(executor, guest.named)).toMatchObject({ exe: '', comm: 'guest', waited: undefined });
  });

  test('has the masks of the kernel', async () => {
    const status = readFileSync(`/proc/${guest.pid}/status`, 'utf8');
    const mask = (name: string): string => new RegExp(`^${name}:\t(.*)$`, 'm').exec(status)?.[1] ?? '';
    const said = (await executor.tell(`init-state ${guest.named}`)).split(' ');
    expect(said.slice(3, 6)).toEqual([mask('SigBlk'), mask('SigIgn'), mask('SigCgt')]);
  });

  test('names the cgroup by what no other one will have', async () => {
    const { ino, dev } = statSync(`${V2_ROOT}${guest.cgroup}`);
    expect((await initState(executor, guest.named)).cgroupId).toBe(`${dev}:${ino}`);
  });

  test('is one line, whatever init calls itself', async () => {
    await guest.does('name a)\t7%\u00e9');
    expect((await initState(executor, guest.named)).comm).toBe('a)\t7%\u00e9');
  });

  test.each([
    ['run/initctl', 'fifo /run/initctl', 'fifo'],
    ['dev/initctl', 'fifo /dev/initctl', 'fifo'],
    ['a link to one', 'symlink /tmp/pipe /run/initctl', '-'],
    ['a folder', 'mkdir /run/initctl', '-'],
    ['a device', 'mknod /run/initctl c:1:3', '-'],
    ['a socket', 'socket /run/initctl', '-'],
  ])('sees whether there is a fifo for init: %s', async (_, made, seen) => {
    await guest.does('mkdir /run');
    await guest.does('fifo /tmp/pipe');
    expect(await guest.does(made)).toBe('ok');
    expect((await initState(executor, guest.named)).initctl).toBe(seen);
  });

  test('is of this process only, and of one in this cgroup', async () => {
    const [pid = '', start = '', cgroup = ''] = guest.named.split(' ');
    const asked = (named: string): Promise<string> => executor.tell(`init-state ${named}`);
    expect(await asked(`${pid} ${BigInt(start) + 1n} ${cgroup}`)).toBe(`fail 3 guest ${pid}`);
    expect(await asked(`${process.pid} 1 ${cgroup}`)).toBe(`fail 3 guest ${process.pid}`);
    for (const other of ['/', '/nowhere', `${cgroup}/below`, `/..${cgroup}`])
      expect(await asked(`${pid} ${start} ${other}`)).toBe(`fail 1 cgroup ${other}`);
    expect(await asked(`${pid} ${start}`)).toBe('fail 22 protocol init-state');
  });
});
