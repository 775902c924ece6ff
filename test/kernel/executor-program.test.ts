import { readFileSync, rmdirSync, writeFileSync } from 'node:fs';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { hasV2, V2_ROOT, WITHOUT_V1 } from './hierarchies.ts';
import { TestGuest } from './test-guest.ts';

describe.skipIf(!isRoot || !hasV2)('grants, device program of v2', () => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  beforeEach(async () => {
    executor = new ExecutorClient(WITHOUT_V1);
    guest = await TestGuest.start({ hierarchy: V2_ROOT });
    expect(await executor.tell(guest.opening)).toMatch(/ host open$/);
    for (const [name, number] of [
      ['null', '1:3'],
      ['zero', '1:5'],
      ['kmsg', '1:11'],
    ])
      await executor.tell(`make-node ${guest.name} dev/${name} c:${number} 0666 0 0`);
  });
  afterEach(async () => {
    await executor.stop();
    await guest.stop();
  });
  const tell = (verb: string, words = ''): Promise<string> =>
    executor.tell(`${verb} ${guest.name} ${words}`.trimEnd().replaceAll('*', '%2A'));
  const grants = (): Promise<readonly string[]> => executor.ask(`grants ${guest.name}`);

  test('an open guest stays open until it is confined', async () => {
    expect(await grants()).toEqual(['ok 0 open adoptable']);
    expect(await tell('grant', 'c:1:11 rw')).toBe('ok');
    expect(await guest.does('open /dev/kmsg w')).toBe('ok');
    expect(await tell('confine')).toBe('ok');
    expect(await guest.does('open /dev/kmsg w')).toBe('errno 1');
    expect(await guest.does('open /dev/null rw')).toBe('ok');
    expect((await grants()).at(-1)).toBe('ok 9 confined-v2');
  });

  test('a grant is one change of the map, and verified without an open', async () => {
    expect(await tell('adopt-program', 'c:1:3:rw c:136:*:rwm b:*:*:m')).toBe('ok');
    expect(await guest.does('open /dev/null rw')).toBe('ok');
    expect(await guest.does('open /dev/zero rw')).toBe('errno 1');
    expect(await tell('verify', 'c:1:5 r')).toBe('fail 1 faccessat c:1:5');
    expect(await tell('grant', 'c:1:5 r')).toBe('ok');
    expect(await tell('verify', 'c:1:5 r')).toBe('ok');
    expect(await guest.does('open /dev/zero r')).toBe('ok');
    expect(await guest.does('open /dev/zero rw')).toBe('errno 1');
    expect(await tell('grant', 'c:1:5 w')).toBe('ok');
    expect(await guest.does('open /dev/zero rw')).toBe('ok');
    expect(await tell('revoke', 'c:1:5 rw')).toBe('ok');
    expect(await tell('revoke', 'c:1:5 rw')).toBe('ok');
    expect(await guest.does('open /dev/zero r')).toBe('errno 1');
    expect(await tell('verify', 'b:7:0 m')).toBe('ok');
    expect(await tell('verify', 'c:136:9 rw')).toBe('ok');
  });

  test('an exact number and a wildcard add up', async () => {
    await tell('adopt-program', 'c:*:*:m c:1:*:r c:1:5:w a:*:*:m');
    expect(await tell('verify', 'c:1:5 rwm')).toBe('ok');
    expect(await tell('verify', 'c:1:3 rm')).toBe('ok');
    expect(await tell('verify', 'c:1:3 rw')).toBe('fail 1 faccessat c:1:3');
    expect(await tell('verify', 'b:7:1 m')).toBe('ok');
    const rows = [...(await grants())].sort();
    expect(rows).toEqual(['ok 4 confined-v2', 'row b:%2A:%2A m', 'row c:%2A:%2A m', 'row c:1:%2A r', 'row c:1:5 w']);
  });

  test('the next executor finds the program of the last, and goes on with it', async () => {
    await tell('adopt-program', 'c:1:3:rw c:1:5:rw');
    await executor.stop();
    executor = new ExecutorClient(WITHOUT_V1);
    expect(await executor.tell(guest.opening)).toMatch(/ host confined-v2$/);
    expect((await grants()).at(-1)).toBe('ok 2 confined-v2');
    expect(await tell('revoke', 'c:1:5 w')).toBe('ok');
    expect(await guest.does('open /dev/zero rw')).toBe('errno 1');
    expect(await guest.does('open /dev/null rw')).toBe('ok');
  });

  test('adopting again leaves one program, with the new list only', async () => {
    await tell('adopt-program', 'c:1:3:rw');
    await tell('adopt-program', 'c:1:5:rw');
    expect(await guest.does('open /dev/zero rw')).toBe('ok');
    expect(await guest.does('open /dev/null rw')).toBe('errno 1');
    expect(await grants()).toEqual(['row c:1:5 rw', 'ok 1 confined-v2']);
  });

  test('the list has up to as many entries as a map, and more change nothing', async () => {
    const numbers = (count: number) => Array.from({ length: count }, (_, minor) => `c:189:${minor}:rw`).join(' ');
    expect(await tell('adopt-program', numbers(300))).toBe('ok');
    expect((await grants()).at(-1)).toBe('ok 300 confined-v2');
    expect(await tell('adopt-program', numbers(1025))).toBe(`fail 7 entries ${guest.name}`);
    expect(await tell('adopt-program', `${numbers(1023)} a:*:*:r`)).toBe(`fail 7 entries ${guest.cgroup}`);
    expect((await grants()).at(-1)).toBe('ok 300 confined-v2');
    expect(await tell('adopt-program', numbers(1024))).toBe('ok');
    expect(await tell('grant', 'c:1:5 rw')).toBe(`fail 7 entries ${guest.cgroup}`);
    expect((await grants()).at(-1)).toBe('ok 1024 confined-v2');
  });

  const freeze = (frozen: boolean): void =>
    writeFileSync(`${V2_ROOT}${guest.cgroup}/cgroup.freeze`, frozen ? '1' : '0');
  const processes = (): string => readFileSync(`${V2_ROOT}${guest.cgroup}/cgroup.procs`, 'utf8');

  test('what a frozen guest is allowed is not known in a second, and nothing is left in it', async () => {
    const before = processes();
    freeze(true);
    expect(await tell('verify', 'c:1:3 rw')).toBe('fail 110 verify c:1:3');
    expect(processes()).toBe(before);
    freeze(false);
    expect(await tell('verify', 'c:1:3 rw')).toBe('ok');
  });

  test('a frozen guest is asked nothing: 250 questions, which would take longer than a test may, take no time', async () => {
    freeze(true);
    await eventually(() =>
      expect(readFileSync(`${V2_ROOT}${guest.cgroup}/cgroup.events`, 'utf8')).toContain('frozen 1'),
    );
    const answers = await executor.performEach(Array(250).fill(`verify ${guest.name} c:1:3 rw`));
    freeze(false);
    expect(answers).toEqual(Array(250).fill('fail 110 verify c:1:3'));
  });

  test('of a cgroup that is gone nothing is said but that', async () => {
    expect(await tell('adopt-program', 'c:1:3:rw')).toBe('ok');
    for (const pid of processes().trim().split('\n')) writeFileSync(`${V2_ROOT}/cgroup.procs`, pid);
    rmdirSync(`${V2_ROOT}${guest.cgroup}`);
    const gone = `fail 2 cgroup ${guest.cgroup}`;
    expect(await grants()).toEqual([gone]);
    expect(await tell('grant', 'c:1:5 r')).toBe(gone);
    expect(await tell('revoke', 'c:1:3 rw')).toBe(gone);
    expect(await tell('adopt-program', 'c:1:3:rw')).toBe(gone);
  });

  test('malformed lists change nothing', async () => {
    for (const word of ['c:1:3', 'x:1:3:rw', 'c:*:3:rw', 'c:1:3:wr', 'c:1:3:', 'c:1:3:rw:x'])
      expect(await tell('adopt-program', word)).toBe('fail 22 protocol adopt-program');
    expect(await grants()).toEqual(['ok 0 open adoptable']);
  });
});
