import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cgroupsOf, controllers, held } from './control-file.ts';
import { eventually } from './eventually.ts';
import { inCgroup, outcome } from './in-cgroup.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const MiB = 2 ** 20;
const HOG = join(import.meta.dirname, '../../native/build/fixtures/hog');
const MEMORY = controllers.hierarchy === 'v1' ? 'memory.limit_in_bytes' : 'memory.max';
/** Its init goes on for so long when it is asked to halt. */
const SLOW = '::sysinit:/bin/true\n::shutdown:/bin/sleep 600\n';

/** Wherever LXC runs guests. */
export function tellOfStopping(): void {
  describe('a guest that somebody stops', () => {
    let scene: Scene;
    let guest: SceneGuest;
    const told = async (kind: 'alert' | 'guest') =>
      (await scene.agent.events())
        .filter((event) => event.kind === kind && event.guest === 'stopped1')
        .map(({ says }) => says);
    const kills = async () => (await scene.agent.limits('stopped1')).get('oom')?.hits;
    const kill = async () => {
      expect((await outcome(inCgroup(cgroupsOf('stopped1', MEMORY), HOG, `${128 * MiB}`))).end).toBe('SIGKILL');
    };
    const stop = (...words: readonly string[]) =>
      spawn('lxc-stop', ['-P', scene.agent.lxcPath, '-n', 'stopped1', ...words], { stdio: 'ignore' });

    beforeAll(async () => {
      scene = await createScene({ rules: '[]', udevd: 'absent' });
      scene.agent.policy('small', 'guests: stopped*\nmemory: { rss: { limit: 64MiB }, as: { limit: 64MiB } }');
      guest = await scene.guest('stopped1', {
        furnish: (folder) => writeFileSync(join(folder, 'rootfs/etc/inittab'), SLOW),
      });
      await eventually(() => expect(held(MEMORY, 'stopped1')).toBe(`${64 * MiB}`));
    });
    afterAll(() => scene?.end());

    test('alerts nobody of what the kernel kills meanwhile, which is counted', async () => {
      const stops = stop('-t', '600');
      await eventually(async () => expect(await told('guest')).toContain('stopped1: is being stopped'));
      await kill();
      await eventually(async () => expect(await kills()).toBe(1));
      expect(stops.exitCode ?? stops.signalCode).toBeNull();
      stops.kill();
      await once(stops, 'exit');
      await eventually(async () => expect(await told('guest')).toContain('stopped1: is not being stopped any more'));
      expect(await told('alert')).toEqual([]);
    });

    test('alerts of the next one when that is given up, with those that nobody was told of', async () => {
      await kill();
      // The first is named as well where it was killed a moment ago.
      const alert = /^stopped1: out of memory, killed: 2 hits(, hog \(process \d+\)){1,2}$/;
      await eventually(async () => expect(await told('alert')).toEqual([expect.stringMatching(alert)]));
      await guest.stop();
      await eventually(async () => expect((await scene.agent.guest('stopped1')).state).toBe('stopped'));
      expect(await kills()).toBe(2);
    });
  });
}
