import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controllers, controlPath, held, limitFilesOf } from './control-file.ts';
import { eventually } from './eventually.ts';
import { createScene, type Scene } from './scene.ts';
import { seeWrites } from './seen-writes.ts';

const MiB = 2 ** 20;
const POLICY =
  'guests: ["*"]\nmemory: { rss: { barrier: 48MiB, limit: 64MiB } }\ncpu: { bucket: { rate: 1, interval: 4, size: 500 }, weight: 200 }\nprocesses: { limit: 40 }';
/** As long as they may be. */
const CHANGED = 'changed-'.padEnd(64, 'x');
/** File, what somebody else writes, how that is told, what is there again. */
const CHANGES: readonly (readonly [string, string, string, string])[] =
  controllers.hierarchy === 'v1'
    ? [
        ['memory.limit_in_bytes', `${128 * MiB}`, `${128 * MiB}`, `${64 * MiB}`],
        ['memory.soft_limit_in_bytes', `${128 * MiB}`, `${128 * MiB}`, `${48 * MiB}`],
        ['cpu.shares', '1024', '1024', '2048'],
        ['cpu.cfs_quota_us', '900000', '900000', '250000'],
        ['pids.max', '50', '50', '40'],
      ]
    : [
        ['memory.max', 'max', 'max', `${64 * MiB}`],
        ['memory.high', 'max', 'max', `${48 * MiB}`],
        ['cpu.weight', '100', '100', '200'],
        ['cpu.max', '900000', '900000 1000000', '250000 1000000'],
        ['pids.max', '50', '50', '40'],
      ];
const [[MEMORY = ''] = []] = CHANGES;
/** The own cgroup of who asks. */
const MOUNT = controllers.hierarchy === 'v1' ? 'mount -t cgroup -o pids none' : 'mount -t cgroup2 none';

/** Wherever memory, CPU time and processes are limited by whatever this host has. */
export function tellOfOthers(): void {
  describe('a limit that somebody else changes', () => {
    let scene: Scene;
    const says = async () => (await scene.agent.events()).map((event) => event.says);
    const writesOwn = (value: string) =>
      `mkdir -p /tmp/own && ${MOUNT} /tmp/own && echo ${value} > /tmp/own/pids.max; wrote=$?; umount /tmp/own; exit $wrote`;
    const guest = async (name: string, firstId?: number) => {
      const made = await scene.guest(name, firstId === undefined ? {} : { firstId });
      await eventually(() => {
        expect(held('pids.max', name)).toBe('40');
        expect(held(MEMORY, name)).toBe(`${64 * MiB}`);
      });
      await eventually(async () => expect((await scene.agent.guest(name)).converged).toBe(true));
      return made;
    };

    beforeAll(async () => {
      scene = await createScene({ rules: '[]', udevd: 'absent' });
      scene.agent.policy('small', POLICY);
    });
    afterAll(() => scene?.end());

    test('is back at once, and it is told what it was and what it is', async () => {
      await guest(CHANGED);
      for (const [file, foreign, , ours] of CHANGES) {
        writeFileSync(controlPath(file, CHANGED), foreign);
        await eventually(() => expect(held(file, CHANGED)).toBe(ours));
      }
      await eventually(async () =>
        expect(await says()).toEqual(
          expect.arrayContaining(
            CHANGES.map(
              ([file, , told, ours]) =>
                `${CHANGED}: ${file} was changed to ${told} by somebody else; it is ${ours} again`,
            ),
          ),
        ),
      );
    });

    test('again and again is taken back three times in a minute, and told once; then nobody fights', async () => {
      await guest('fought');
      const fights = async () => (await says()).filter((one) => one.startsWith('E_LIMIT_FIGHT fought: ')).length;
      let repairs = 0;
      for (let time = 0; time < 6; time += 1) {
        writeFileSync(controlPath('pids.max', 'fought'), '50');
        await eventually(async () => expect(held('pids.max', 'fought') === '40' || (await fights()) > 0).toBe(true));
        if (held('pids.max', 'fought') === '40') repairs += 1;
      }
      expect(repairs).toBe(3);
      await pause(500); // nobody begins anew
      expect(await fights()).toBe(1);
      expect(held('pids.max', 'fought')).toBe('50');
    });

    test('from inside, as root of its own guest, is back at once', async () => {
      const own = await guest('inside');
      const wrote = await own.attach('sh', '-c', writesOwn('max')).then(
        () => true,
        () => false,
      );
      // Where the kernel keeps it from doing so there is nothing to take back.
      expect(wrote).toBe(controllers.hierarchy === 'v1' || !controllers.v2Options.includes('nsdelegate'));
      await eventually(() => expect(held('pids.max', 'inside')).toBe('40'));
    });

    test('is not changed by root of a guest whose root is nobody on the host', async () => {
      const own = await guest('shifted', 100_000);
      const seen = seeWrites(limitFilesOf('shifted'));
      await expect(own.attach('sh', '-c', writesOwn('max'))).rejects.toThrow(/ermission denied|not permitted/);
      seen.end();
      expect(seen.names()).toEqual([]);
      expect(held('pids.max', 'shifted')).toBe('40');
    });
  });
}
