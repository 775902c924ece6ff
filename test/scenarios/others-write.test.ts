import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostler } from '../cli/hostler.ts';
import { controllers, controlPath, held, limitFilesOf } from './control-file.ts';
import { eventually } from './eventually.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene } from './scene.ts';
import { seeWrites } from './seen-writes.ts';

const MiB = 2 ** 20;
const POLICY =
  'guests: ["*"]\nmemory: { rss: { limit: 64MiB } }\ncpu: { bucket: { rate: 1, interval: 4, size: 500 } }\nprocesses: { limit: 40 }';
/** File, what somebody else writes, how that is told, what is there again. */
const CHANGES: readonly (readonly [string, string, string, string])[] =
  controllers.hierarchy === 'v1'
    ? [
        ['memory.limit_in_bytes', `${128 * MiB}`, `${128 * MiB}`, `${64 * MiB}`],
        ['cpu.cfs_quota_us', '900000', '900000', '250000'],
        ['pids.max', '50', '50', '40'],
      ]
    : [
        ['memory.max', 'max', 'max', `${64 * MiB}`],
        ['cpu.max', '900000', '900000 1000000', '250000 1000000'],
        ['pids.max', '50', '50', '40'],
      ];
/** The own cgroup of who asks. */
const MOUNT = controllers.hierarchy === 'v1' ? 'mount -t cgroup -o pids none' : 'mount -t cgroup2 none';

describe.skipIf(!onTestHost)('a limit that somebody else changes', () => {
  let scene: Scene;
  const says = async () => (await scene.agent.events()).map((event) => event.says);
  const writesOwn = (value: string) =>
    `mkdir -p /tmp/own && ${MOUNT} /tmp/own && echo ${value} > /tmp/own/pids.max; wrote=$?; umount /tmp/own; exit $wrote`;
  const guest = async (name: string, firstId?: number) => {
    const made = await scene.guest(name, firstId === undefined ? {} : { firstId });
    await eventually(() => expect(held('pids.max', name)).toBe('40'));
    await eventually(async () => expect((await scene.agent.guest(name)).converged).toBe(true));
    return made;
  };

  beforeAll(async () => {
    scene = await createScene({ rules: '[]', udevd: 'absent' });
    scene.agent.policy('small', POLICY);
  });
  afterAll(() => scene?.end());

  test('is back within a second, and it is told what it was and what it is', async () => {
    await guest('changed');
    const tookMs: number[] = [];
    for (const [file, foreign, , ours] of CHANGES) {
      const at = performance.now();
      writeFileSync(controlPath(file, 'changed'), foreign);
      await eventually(() => expect(held(file, 'changed')).toBe(ours));
      tookMs.push(performance.now() - at);
    }
    expect(tookMs.toSorted((one, other) => one - other)[1]).toBeLessThan(1000);
    await eventually(async () =>
      expect(await says()).toEqual(
        expect.arrayContaining(
          CHANGES.map(
            ([file, , told, ours]) => `changed: ${file} was changed to ${told} by somebody else; it is ${ours} again`,
          ),
        ),
      ),
    );
  });

  test('again and again is taken back three times in a minute, and told once; then nobody fights', async () => {
    await guest('fought');
    let repairs = 0;
    for (let time = 0; time < 8; time += 1) {
      writeFileSync(controlPath('pids.max', 'fought'), '50');
      const isBack = () => expect(held('pids.max', 'fought')).toBe('40');
      repairs += await eventually(isBack, 1000).then(
        () => 1,
        () => 0,
      );
    }
    expect(repairs).toBe(3);
    expect((await says()).filter((one) => one.startsWith('E_LIMIT_FIGHT fought: '))).toHaveLength(1);
    expect(held('pids.max', 'fought')).toBe('50');
  });

  test('is in the plan with its file, what it is and what it is to be, and the plan writes nothing', async () => {
    const plan = (name: string, ...words: readonly string[]) =>
      hostler(['plan', name, ...words, '--socket', scene.agent.controlSocket]);
    const seen = seeWrites(limitFilesOf('fought'));
    try {
      for (let time = 0; time < 3; time += 1) {
        const { code, out } = await plan('fought', '--exit-code');
        expect({ code, out }).toEqual({ code: 3, out: expect.stringContaining('\n  ~ pids.max 50 -> 40\n') });
      }
      expect(JSON.parse((await plan('fought', '--json')).out)).toMatchObject([
        { guest: 'fought', limits: [{ file: 'pids.max', held: '50', value: '40' }] },
      ]);
      await pause(500);
      expect(seen.names()).toEqual([]);
      writeFileSync(controlPath('pids.max', 'fought'), '51');
      await eventually(() => expect(seen.names()).toEqual(['pids.max']));
    } finally {
      seen.end();
    }
    expect(await plan('changed', '--exit-code')).toMatchObject({ code: 0, out: '' });
  });

  test('from inside, as root of its own guest, is back within a second', async () => {
    const own = await guest('inside');
    const at = performance.now();
    const wrote = await own.attach('sh', '-c', writesOwn('max')).then(
      () => true,
      () => false,
    );
    // Where the kernel keeps it from doing so there is nothing to take back.
    expect(wrote).toBe(!controllers.v2Options.includes('nsdelegate'));
    await eventually(() => expect(held('pids.max', 'inside')).toBe('40'));
    expect(performance.now() - at).toBeLessThan(3000);
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
