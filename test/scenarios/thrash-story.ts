import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controllers, held } from './control-file.ts';
import { eventually } from './eventually.ts';
import { type Opens, ownScene } from './opens.ts';
import type { Scene, SceneGuest } from './scene.ts';

const MiB = 2 ** 20;
const THRASH = join(import.meta.dirname, '../../native/build/fixtures/thrash');
const isOld = controllers.hierarchy === 'v1';
const [LIMIT, FREEZER] = isOld ? ['memory.limit_in_bytes', 'freezer.state'] : ['memory.max', 'cgroup.freeze'];
/** Sixteen processes that each want as much as all may have. */
const LOAD = `i=0; while [ $((i += 1)) -le 16 ]; do thrash ${16 * MiB} /srv$i >/dev/null 2>&1 & done`;
/** The test host's disks are its host's memory: nobody waits long for them. */
const THRASHES = isOld ? '' : 'pressure: 15%, hits: 20, ';
/** Until ten seconds on the average are bad, and then five seconds more. */
const PATIENCE_MS = 180_000;

/** On v1 and v2. */
export function tellOfThrashing(open: Opens = ownScene): void {
  describe('a guest that does nothing but wait for its own memory', () => {
    let scene: Scene;
    let guest: SceneGuest;

    beforeAll(async () => {
      scene = await open();
      scene.agent.policy(
        'narrow',
        `guests: thrash1\nmemory: { rss: { limit: 16MiB }, thrash: { ${THRASHES}for: 5s, action: freeze, headroom: 512MiB } }`,
      );
      guest = await scene.guest('thrash1', {
        furnish: (folder) => copyFileSync(THRASH, join(folder, 'rootfs/bin/thrash')),
      });
      await eventually(() => expect(held(LIMIT, 'thrash1')).toBe(`${16 * MiB}`));
    });
    afterAll(() => scene?.end());

    const told = async (pattern: RegExp) =>
      (await scene.agent.events()).map(({ says }) => says).filter((says) => pattern.test(says));
    const isStill = () => /^(FROZEN|FREEZING|1)$/.test(held(FREEZER, 'thrash1'));

    test(
      'goes on when the agent is killed while it is frozen',
      async () => {
        await guest.attach('sh', '-c', LOAD);
        await eventually(() => expect(isStill()).toBe(true), PATIENCE_MS);
        await scene.agent.end('SIGKILL');
        await eventually(() => expect(isStill()).toBe(false));
        expect(held(LIMIT, 'thrash1')).toBe(`${16 * MiB}`);
        await scene.agent.start();
      },
      2 * PATIENCE_MS,
    );

    test(
      'is frozen and told of, and goes on with more; nothing of it is killed',
      async () => {
        await eventually(() => expect(isStill()).toBe(true), PATIENCE_MS);
        await eventually(() => expect(isStill()).toBe(false));
        expect(held(LIMIT, 'thrash1')).toBe(`${528 * MiB}`);
        await eventually(async () =>
          expect(await told(/^thrash1: (frozen|goes)/)).toEqual([
            'thrash1: goes on, with what it has', // left by the one that was killed
            expect.stringMatching(/^thrash1: frozen for a moment/),
            'thrash1: goes on, with 512 MiB more than its limit for now',
          ]),
        );
        expect((await scene.agent.limits('thrash1')).get('oom')?.hits).toBe(0);
        expect((await guest.attach('sh', '-c', 'pidof thrash')).trim().split(' ')).toHaveLength(16);
        // What it has now is enough.
        await eventually(
          async () => expect((await told(/^thrash1: thrashing: /)).at(-1)).toMatch(/over now/),
          PATIENCE_MS,
        );
        expect(isStill()).toBe(false);
      },
      2 * PATIENCE_MS,
    );
  });
}
