import { existsSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controllers, controlPath, held } from './control-file.ts';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import type { Opens } from './opens.ts';
import { createScene, type Scene } from './scene.ts';

const NAME = '/dev/hostler-test-disk';
const FILES = {
  rbps: 'blkio.throttle.read_bps_device',
  wbps: 'blkio.throttle.write_bps_device',
  riops: 'blkio.throttle.read_iops_device',
  wiops: 'blkio.throttle.write_iops_device',
};

/** What a guest may do on single disks, as v2 says it: `7:381 rbps=1048576`. */
const limitsOf = controllers.hierarchy === 'v1' ? limitsOnV1 : limitsOnV2;

/** With the devices of the host, wherever what is done on disks is limited. */
export function tellOfDisks(open: Opens = () => createScene({ rules: '[]' })): void {
  describe('a guest whose policy names a disk', () => {
    let scene: Scene;
    const refused = async () => (await scene.agent.guest('disk1')).refusals.map(({ detail }) => detail);
    const isLimited = (...limits: readonly string[]) => eventually(() => expect(limitsOf('disk1')).toEqual(limits));

    beforeAll(async () => {
      plugLoop(381);
      name('/dev/loop381');
      scene = await open();
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
      await isLimited('7:381 rbps=1048576', '7:381 wiops=50');
      await eventually(async () => expect(await refused()).toEqual(['/dev/nothing is not there']));
    });

    test('is held when somebody else takes its limit away', async () => {
      if (controllers.hierarchy === 'v1') writeFileSync(controlPath(FILES.rbps, 'disk1'), '7:381 0');
      else writeFileSync(controlPath('io.max', 'disk1'), '7:381 rbps=max');
      await isLimited('7:381 rbps=1048576', '7:381 wiops=50');
    });

    test('is held by the new number when the disk comes back under another, and not by the old one', async () => {
      name('/dev/loop382');
      plugLoop(382);
      await isLimited('7:382 rbps=1048576', '7:382 wiops=50');
    });

    test('is told when it goes, and held again when it is back', async () => {
      unplugLoop(382);
      await eventually(async () => expect(await refused()).toContain(`${NAME} is not there`));
      await isLimited();
      plugLoop(382);
      await isLimited('7:382 rbps=1048576', '7:382 wiops=50');
    });

    test('has none of it without its policy', async () => {
      scene.agent.policy('slow', 'guests: nobody');
      await isLimited();
    });
  });
}

/** The name leads to this disk from now on. */
function name(disk: string): void {
  symlinkSync(disk, `${NAME}.new`);
  renameSync(`${NAME}.new`, NAME);
}

function limitsOnV1(guest: string): readonly string[] {
  return Object.entries(FILES).flatMap(([limit, file]) =>
    linesOf(file, guest).map((line) => line.replace(' ', ` ${limit}=`)),
  );
}

function limitsOnV2(guest: string): readonly string[] {
  return linesOf('io.max', guest).flatMap((line) => {
    const [number, ...limits] = line.split(' ');
    return limits.filter((limit) => !limit.endsWith('=max')).map((limit) => `${number} ${limit}`);
  });
}

function linesOf(file: string, guest: string): readonly string[] {
  return held(file, guest).split('\n').filter(Boolean);
}
