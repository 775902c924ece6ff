import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostler } from '../cli/hostler.ts';
import { cgroupsOf, controllers, controlPath, counted, held, limitFilesOf } from './control-file.ts';
import { eventually } from './eventually.ts';
import { endProcess, inCgroup } from './in-cgroup.ts';
import { createScene, type Scene } from './scene.ts';
import { seeWrites } from './seen-writes.ts';

const MiB = 2 ** 20;
const HOG = join(import.meta.dirname, '../../native/build/fixtures/hog');
const FILES =
  controllers.hierarchy === 'v1'
    ? {
        limit: 'memory.limit_in_bytes',
        used: 'memory.usage_in_bytes',
        barrier: 'memory.soft_limit_in_bytes',
        kills: 'memory.oom_control',
      }
    : { limit: 'memory.max', used: 'memory.current', barrier: 'memory.high', kills: 'memory.events' };
const REFUSED =
  controllers.hierarchy === 'v1'
    ? /^E_LIMIT_IN_USE used: .*: memory\.limit_in_bytes \d+: it has (\d+) bytes now, and had (\d+);/
    : /^E_LIMIT_IN_USE used: .*: (\d+) MiB of its memory cannot be reclaimed;/;

/** Wherever memory is limited by whatever this host has. */
export function tellOfLowering(): void {
  describe('the memory of a guest that is to have less', () => {
    let scene: Scene;
    const limit = (guest: string, mebibytes: number) =>
      scene.agent.policy(
        guest,
        `guests: ${guest}\nmemory: { rss: { limit: ${mebibytes}MiB }, as: { limit: ${mebibytes}MiB } }`,
      );
    const kills = (guest: string) => counted(FILES.kills, guest, 'oom_kill');

    beforeAll(async () => {
      scene = await createScene({ rules: '[]', udevd: 'absent' });
    });
    afterAll(() => scene?.end());

    describe('that is in use', () => {
      let hog: ReturnType<typeof inCgroup>;
      const plan = (...words: readonly string[]) =>
        hostler(['plan', 'used', ...words, '--socket', scene.agent.controlSocket]);

      beforeAll(async () => {
        limit('used', 64);
        await scene.guest('used');
        await eventually(() => expect(held(FILES.limit, 'used')).toBe(`${64 * MiB}`));
        hog = inCgroup(cgroupsOf('used', FILES.limit), HOG, `${40 * MiB}`, 'stay');
        await eventually(() => expect(Number(held(FILES.used, 'used'))).toBeGreaterThan(40 * MiB));
      });
      afterAll(() => hog && endProcess(hog));

      test('stays as it was, which is told with what is used, and nothing is killed', async () => {
        limit('used', 32);
        const told = await eventually(async () => {
          const events = await scene.agent.events();
          const found = events.map(({ says }) => REFUSED.exec(says)).find((match) => match !== null);
          if (found === undefined) throw new Error('not told yet');
          return found.slice(1).map(Number);
        });
        const least = controllers.hierarchy === 'v1' ? 40 * MiB : 40;
        for (const amount of told) expect(amount).toBeGreaterThanOrEqual(least);
        expect(held(FILES.limit, 'used')).toBe(`${64 * MiB}`);
        expect(kills('used')).toBe(0);
        expect(hog.exitCode ?? hog.signalCode).toBeNull();
      });

      test('is in the plan with its file, what it is and what it is to be, and the plan writes nothing', async () => {
        const seen = seeWrites(limitFilesOf('used'));
        try {
          for (let time = 0; time < 3; time += 1) {
            const { code, out } = await plan('--exit-code');
            const line = `\n  ~ ${FILES.limit} ${64 * MiB} -> ${32 * MiB}\n`;
            expect({ code, out }).toEqual({ code: 3, out: expect.stringContaining(line) });
          }
          const limits = expect.arrayContaining([{ file: FILES.limit, held: `${64 * MiB}`, value: `${32 * MiB}` }]);
          expect(JSON.parse((await plan('--json')).out)).toMatchObject([{ guest: 'used', limits }]);
          await pause(500);
          expect(seen.names()).toEqual([]);
          writeFileSync(controlPath(FILES.barrier, 'used'), `${100 * MiB}`);
          await eventually(() => expect(seen.names()).toEqual([FILES.barrier]));
        } finally {
          seen.end();
        }
      });

      test('is less as soon as it is free, and then there is nothing in the plan', async () => {
        await endProcess(hog);
        await eventually(() => expect(held(FILES.limit, 'used')).toBe(`${32 * MiB}`), 90_000);
        expect(kills('used')).toBe(0);
        await eventually(async () => expect(await plan('--exit-code')).toMatchObject({ code: 0, out: '' }));
      });
    });

    test('that is only cached is taken back, and nothing else is written or killed', async () => {
      limit('cached', 128);
      const guest = await scene.guest('cached');
      await eventually(() => expect(held(FILES.limit, 'cached')).toBe(`${128 * MiB}`));
      const barrier = held(FILES.barrier, 'cached');
      const stays = inCgroup(cgroupsOf('cached', FILES.limit), HOG, `${20 * MiB}`, 'stay');
      try {
        await guest.attach('dd', 'if=/dev/zero', 'of=/cache', 'bs=1M', 'count=60', 'conv=fsync');
        expect(Number(held(FILES.used, 'cached'))).toBeGreaterThan(75 * MiB);
        limit('cached', 40);
        await eventually(() => expect(held(FILES.limit, 'cached')).toBe(`${40 * MiB}`));
        expect(Number(held(FILES.used, 'cached'))).toBeLessThanOrEqual(40 * MiB);
        expect(held(FILES.barrier, 'cached')).toBe(barrier);
        expect(kills('cached')).toBe(0);
        expect(stays.exitCode ?? stays.signalCode).toBeNull();
      } finally {
        await endProcess(stays);
      }
    });
  });
}
