import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const KIB_A_MIB = 1024;

export interface Sizes {
  /** Has them shown to a guest, where LXC does not do so by itself. */
  readonly furnish?: (folder: string) => void;
  /** KiB of swap that this lxcfs shows a guest with so much memory and swap together. */
  readonly shownSwap: (asKiB: number) => number;
}

/** Wherever lxcfs shows guests their own sizes. */
export function tellOfSizes({ furnish, shownSwap }: Sizes): void {
  describe('a guest that sees its own sizes by lxcfs', () => {
    let scene: Scene;
    let guest: SceneGuest;
    const policy = (rss: number, as: number) =>
      scene.agent.policy('seen', `guests: seen1\nmemory: { rss: { limit: ${rss}MiB }, as: { limit: ${as}MiB } }`);
    const sees = (rss: number, as: number) =>
      eventually(async () => {
        const text = await guest.attach('cat', '/proc/meminfo');
        const seen = [amount(text, 'MemTotal'), amount(text, 'SwapTotal')];
        expect(seen).toEqual([rss * KIB_A_MIB, shownSwap(as * KIB_A_MIB)]);
      });

    beforeAll(async () => {
      scene = await createScene({ rules: '[]', udevd: 'absent' });
      policy(256, 384);
      guest = await scene.guest('seen1', furnish === undefined ? {} : { furnish });
    });
    afterAll(() => scene?.end());

    test('has the memory and the swap of its policy', () => sees(256, 384));

    test('has those of another policy while it runs', async () => {
      policy(128, 320);
      await sees(128, 320);
      policy(320, 384);
      await sees(320, 384);
    });
  });
}

/** KiB */
function amount(text: string, name: string): number {
  return Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1]);
}
