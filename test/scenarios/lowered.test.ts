import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cgroupsOf, controllers, counted, held } from './control-file.ts';
import { eventually } from './eventually.ts';
import { endProcess, inCgroup } from './in-cgroup.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene } from './scene.ts';

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

describe.skipIf(!onTestHost)('the memory of a guest that is to have less', () => {
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

  test('stays as it was where it is in use, which is told with what is used; nothing is killed, and when it is free it is less', async () => {
    limit('used', 64);
    await scene.guest('used');
    await eventually(() => expect(held(FILES.limit, 'used')).toBe(`${64 * MiB}`));
    const hog = inCgroup(cgroupsOf('used', FILES.limit), HOG, `${40 * MiB}`, 'stay');
    try {
      await eventually(() => expect(Number(held(FILES.used, 'used'))).toBeGreaterThan(40 * MiB));
      limit('used', 32);
      const told = await eventually(async () => {
        const found = (await scene.agent.events())
          .map(({ says }) => REFUSED.exec(says))
          .find((match) => match !== null);
        if (found === undefined) throw new Error('not told yet');
        return found.slice(1).map(Number);
      });
      for (const amount of told) expect(amount).toBeGreaterThanOrEqual(controllers.hierarchy === 'v1' ? 40 * MiB : 40);
      expect(held(FILES.limit, 'used')).toBe(`${64 * MiB}`);
      expect(kills('used')).toBe(0);
      expect(hog.exitCode ?? hog.signalCode).toBeNull();
    } finally {
      await endProcess(hog);
    }
    await eventually(() => expect(held(FILES.limit, 'used')).toBe(`${32 * MiB}`), 90_000);
    expect(kills('used')).toBe(0);
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
      const at = performance.now();
      limit('cached', 40);
      await eventually(() => expect(held(FILES.limit, 'cached')).toBe(`${40 * MiB}`));
      expect(performance.now() - at).toBeLessThan(10_000);
      expect(Number(held(FILES.used, 'cached'))).toBeLessThanOrEqual(40 * MiB);
      expect(held(FILES.barrier, 'cached')).toBe(barrier);
      expect(kills('cached')).toBe(0);
      expect(stays.exitCode ?? stays.signalCode).toBeNull();
    } finally {
      await endProcess(stays);
    }
  });
});
