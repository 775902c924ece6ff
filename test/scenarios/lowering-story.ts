import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventView } from '../../src/ports/agent.ts';
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
    ? /^E_LIMIT_IN_USE used: .*: memory\.limit_in_bytes of 32 MiB: it has (\d+) MiB now, and had (\d+) MiB;/
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
        for (const mebibytes of told) expect(mebibytes).toBeGreaterThanOrEqual(40);
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

    describe('by force', () => {
      let hog: ReturnType<typeof inCgroup>;
      const apply = (...words: readonly string[]) =>
        hostler(['apply', 'forced', ...words, '--socket', scene.agent.controlSocket]);
      const told = async (kind: EventView['kind']) => {
        const events = await scene.agent.events();
        return events.filter((event) => event.kind === kind).map(({ says }) => says);
      };

      beforeAll(async () => {
        limit('forced', 64);
        const guest = await scene.guest('forced');
        // While one gives back the kernel of v2 may kill the next one: that is not to be the guest itself.
        if (controllers.hierarchy === 'v2') writeFileSync(`/proc/${await guest.initPid()}/oom_score_adj`, '-1000');
        await eventually(() => expect(held(FILES.limit, 'forced')).toBe(`${64 * MiB}`));
        hog = inCgroup(cgroupsOf('forced', FILES.limit), HOG, `${40 * MiB}`, 'stay');
        await eventually(() => expect(Number(held(FILES.used, 'forced'))).toBeGreaterThan(40 * MiB));
        limit('forced', 32);
        await eventually(async () =>
          expect(await told('refusal')).toContainEqual(expect.stringMatching(/ forced: its/)),
        );
      });
      afterAll(() => hog && endProcess(hog));

      test('is refused with the amounts where nobody asks for force, and nothing is killed', async () => {
        expect(await apply()).toMatchObject({ code: 1, out: expect.stringContaining('! E_LIMIT_IN_USE forced: ') });
        expect(held(FILES.limit, 'forced')).toBe(`${64 * MiB}`);
        expect(kills('forced')).toBe(0);
      });

      const refusedOnV1 = async () => {
        const { code, out } = await apply('--force');
        expect(code).toBe(1);
        expect(out).toMatch(/memory\.limit_in_bytes of 32 MiB: it has \d+ MiB now, and had \d+ MiB;.* \(EBUSY\);/);
        expect(held(FILES.limit, 'forced')).toBe(`${64 * MiB}`);
        expect([kills('forced'), hog.exitCode ?? hog.signalCode]).toEqual([0, null]);
      };
      const lessOnV2 = async () => {
        const line = `\n  ~ ${FILES.limit} ${64 * MiB} -> ${32 * MiB}\n`;
        expect(await apply('--force')).toMatchObject({ code: 0, out: expect.stringContaining(line) });
        expect(held(FILES.limit, 'forced')).toBe(`${32 * MiB}`);
        await eventually(() => expect(hog.signalCode).toBe('SIGKILL'));
        const alert = expect.stringMatching(
          new RegExp(`^forced: out of memory, killed: [1-9] hits?, .*\\bhog \\(process ${hog.pid}\\)`),
        );
        await eventually(async () => expect(await told('alert')).toEqual([alert]));
        await eventually(async () => expect(await apply()).toMatchObject({ code: 0, out: '' }));
        expect(await told('alert')).toEqual([alert]);
      };

      test('is less at once, and one alert tells who was killed for it; with v1 its kernel refuses, which is said with what is used', async () => {
        await (controllers.hierarchy === 'v1' ? refusedOnV1() : lessOnV2());
        const asked = expect.stringMatching(/^apply forced --force asked by uid 0 \(process \d+\)$/);
        expect(await told('command')).toContainEqual(asked);
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
        await eventually(() => expect(Number(held(FILES.used, 'cached'))).toBeGreaterThan(75 * MiB));
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
