import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostler } from '../cli/hostler.ts';
import { eventually } from './eventually.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

/** Wherever LXC runs guests. */
export function stopGuests(): void {
  describe('hostler stop', () => {
    let scene: Scene;
    let guest: SceneGuest;
    const stop = (...words: readonly string[]) => hostler(['stop', ...words, '--socket', scene.agent.controlSocket]);
    const stops = async () => (await scene.agent.events()).filter(({ kind }) => kind === 'stop');

    beforeAll(async () => {
      scene = await createScene({ rules: '[]', udevd: 'absent' });
      guest = await scene.guest('stop1');
      await eventually(async () => expect((await scene.agent.guest('stop1')).state).toBe('running'));
    });
    afterAll(() => scene?.end());

    test('of a guest with busybox lets it power off by itself', async () => {
      const pid = await guest.initPid();
      const ended = await stop('stop1');
      expect(ended.out).toMatch(/^stop1: asked to halt: signal 12 to its busybox init$/m);
      expect(ended.out).toMatch(/^stop1: stopped in \d+\.\d s$/m);
      expect(ended.code).toBe(0);
      expect(() => readFileSync(`/proc/${pid}/stat`)).toThrow();
      expect((await stops()).map(({ action }) => action)).not.toContain('kill');
    });
  });
}
