import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plugLoop, unplugLoop } from '../scenarios/loop-number.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { hasV1Devices } from './hierarchies.ts';
import { addPartition, attachImage, detachImage, diskseqOf } from './loop-image.ts';
import { TestGuest } from './test-guest.ts';

const LOOP = 2420;
const NUMBER = `b:7:${LOOP}`;

describe.skipIf(!isRoot || !hasV1Devices)('what was decided for one disk', () => {
  let folder: string;
  const image = (name: string) => {
    const path = join(folder, name);
    writeFileSync(path, name);
    truncateSync(path, 4 << 20);
    return path;
  };
  let executor: ExecutorClient;
  let guest: TestGuest;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hostler-images-'));
    executor = new ExecutorClient();
    guest = await TestGuest.start({ confined: true });
    await executor.tell(guest.opening);
    plugLoop(LOOP);
    attachImage(LOOP, image('first'));
  });
  afterAll(async () => {
    await executor.stop();
    await guest.stop();
    await detachImage(LOOP);
    unplugLoop(LOOP);
    rmSync(folder, { recursive: true });
  });

  const give = (number: string, diskseq: string): Promise<readonly string[]> =>
    executor.performEach([
      `grant ${guest.name} ${number} rw ${diskseq}`,
      `make-node ${guest.name} dev/disk ${number} 0660 0 0 ${diskseq}`,
      `adopt-program ${guest.name} c:1:3:rwm ${number}:rw:${diskseq}`,
    ]);
  const granted = async () =>
    (await executor.ask(`grants ${guest.name}`)).filter((row) => row.startsWith('row b:')).sort();
  /** v1 has no program to replace, and says so where nothing else was wrong. */
  const done = ['ok', 'ok', `fail 95 cgroup `];
  const refused = (number: string) => Array(3).fill(`fail 116 diskseq ${number}`);

  test('is given as long as it is that disk', async () => {
    expect(await give(NUMBER, diskseqOf(LOOP))).toEqual([...done.slice(0, 2), `${done[2]}${guest.cgroup}`]);
    expect(await granted()).toEqual([`row ${NUMBER} rw`]);
    expect(await guest.does('open /dev/disk rw')).toBe('ok');
  });

  test('is not given when another file was attached under the same number, and nothing is changed', async () => {
    const before = diskseqOf(LOOP);
    await executor.performEach([`revoke ${guest.name} ${NUMBER} rw`, `remove-node ${guest.name} dev/disk ${NUMBER}`]);
    await detachImage(LOOP);
    attachImage(LOOP, image('second'));
    expect(await give(NUMBER, before)).toEqual(refused(NUMBER));
    expect(await granted()).toEqual([]);
    expect(await guest.does('stat /dev/disk')).toBe('errno 2');
  });

  test('is given of a partition as long as its disk is that disk', async () => {
    const before = diskseqOf(LOOP);
    const partition = addPartition(LOOP, 1, 2048, 1024);
    expect((await give(partition, before)).slice(0, 2)).toEqual(['ok', 'ok']);
    expect(await guest.does('open /dev/disk rw')).toBe('ok');
    await detachImage(LOOP);
    expect(await give(partition, before)).toEqual([
      `fail 19 sysfs ${partition}`,
      `fail 19 sysfs ${partition}`,
      `fail 116 diskseq ${partition}`,
    ]);
    attachImage(LOOP, image('third'));
    const next = addPartition(LOOP, 1, 2048, 1024);
    expect(await give(next, before)).toEqual(refused(next));
    expect((await give(next, diskseqOf(LOOP))).slice(0, 2)).toEqual(['ok', 'ok']);
  });

  test('is asked for in numbers, and of disks only', async () => {
    for (const request of [
      `grant ${guest.name} ${NUMBER} rw x`,
      `grant ${guest.name} c:1:3 rw 1`,
      `make-node ${guest.name} dev/disk ${NUMBER} 0660 0 0 -1`,
      `make-node ${guest.name} dev/disk ${NUMBER} 0660 0 0 1 1`,
      `adopt-program ${guest.name} b:7:*:rw:1`,
      `adopt-program ${guest.name} ${NUMBER}:rw:1:1`,
    ])
      expect(await executor.tell(request)).toBe(`fail 22 protocol ${request.split(' ')[0]}`);
  });
});
