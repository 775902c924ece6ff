import { existsSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostControllers } from '../../src/linux/controllers.ts';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { createScene, type Scene } from './scene.ts';

const blkio = hostControllers().mountOf('blkio') ?? '';
const NAME = '/dev/hostler-test-disk';

/** The name leads to this disk from now on. */
function name(disk: string): void {
  symlinkSync(disk, `${NAME}.new`);
  renameSync(`${NAME}.new`, NAME);
}

describe.skipIf(blkio === '')('a guest whose policy names a disk, on a host of cgroup v1', () => {
  let scene: Scene;
  const path = (limit: string) => join(blkio, 'lxc.payload.disk1', `blkio.throttle.${limit}_device`);
  const lines = (limit: string) => readFileSync(path(limit), 'utf8').trim();
  const refused = async () => (await scene.agent.guest('disk1')).refusals.map(({ detail }) => detail);

  beforeAll(async () => {
    plugLoop(381);
    name('/dev/loop381');
    scene = await createScene({ rules: '[]' });
    scene.agent.policy(
      'slow',
      `guests: disk*\nio: { devices: [{ device: ${NAME}, read: 1MiB, writes: 50 }, { device: /dev/nothing, read: 1MiB }] }`,
    );
    await scene.guest('disk1');
  });
  afterAll(async () => {
    await scene?.end();
    for (const number of [381, 382]) if (existsSync(`/sys/block/loop${number}`)) unplugLoop(number);
    rmSync(NAME);
  });

  test('is held by the number of the disk, and told of a disk that is not there', async () => {
    await eventually(() => expect(lines('read_bps')).toBe('7:381 1048576'));
    expect(lines('write_iops')).toBe('7:381 50');
    expect(lines('write_bps')).toBe('');
    await eventually(async () => expect(await refused()).toEqual(['/dev/nothing is not there']));
  });

  test('is held when somebody else takes its limit away', async () => {
    writeFileSync(path('read_bps'), '7:381 0');
    await eventually(() => expect(lines('read_bps')).toBe('7:381 1048576'));
  });

  test('is held by the new number when the disk comes back under another, and not by the old one', async () => {
    name('/dev/loop382');
    plugLoop(382);
    await eventually(() => expect(lines('read_bps')).toBe('7:382 1048576'));
    expect(lines('write_iops')).toBe('7:382 50');
  });

  test('is told when it goes, and held again when it is back', async () => {
    unplugLoop(382);
    await eventually(async () => expect(await refused()).toContain(`${NAME} is not there`));
    expect(lines('read_bps')).toBe('');
    plugLoop(382);
    await eventually(() => expect(lines('read_bps')).toBe('7:382 1048576'));
  });

  test('has none of it without its policy', async () => {
    scene.agent.policy('slow', 'guests: nobody');
    await eventually(() => expect(lines('read_bps')).toBe(''));
    expect(lines('write_iops')).toBe('');
  });
});
