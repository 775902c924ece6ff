import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene, type SceneOptions } from './scene.ts';
import { startUdevd } from './udevd.ts';

const RULES = `
- rule: disk
  match: { subsystem: block, sysname: "loop37?" }
  guest: robust-udevd
  take: all
`;
// Only what udev says at last is certain: the node on the host is any udevd's of the machine.
const DISKS = 'b:7:370 0660 0:6';
const NUMBER = /^b:7:370 /;

describe.skipIf(!onTestHost)('a device is plugged in', () => {
  let scene: Scene;

  const begin = async (options: Partial<SceneOptions> = {}) => {
    scene = await createScene({ rules: RULES, ...options });
    const guest = await scene.guest('robust-udevd');
    const inside = await guest.inside();
    await eventually(async () => expect((await scene.agent.guest('robust-udevd')).lastPass).toBeDefined());
    return inside;
  };
  const udev = async () => (await scene.agent.status()).udev;
  const enumerations = async () => (await scene.agent.status()).counters.enumerations_total ?? 0;

  afterEach(async () => {
    await scene.end();
    unplugLoop(370);
  });

  test('where udevd was killed: the kernel is enough, and status says so; udevd comes back and has its say', async () => {
    const inside = await begin();
    await eventually(async () => expect(await udev()).toBe('running'));
    await scene.udevd?.stop('SIGKILL');
    await eventually(async () => expect(await udev()).toBe('absent'));
    const { warnings } = await scene.agent.status();
    expect(warnings.map(({ code }) => code)).toContain('W_UDEV_ABSENT');

    plugLoop(370);
    await eventually(() => expect(inside.node('/dev/loop370')).toMatch(NUMBER));

    const before = await enumerations();
    const again = await startUdevd();
    await eventually(async () => expect(await udev()).toBe('running'));
    await eventually(async () => expect(await enumerations()).toBeGreaterThan(before));
    expect(inside.node('/dev/loop370')).toMatch(NUMBER);
    await again.stop();
  });

  test('where there never was a udevd', async () => {
    const inside = await begin({ udevd: 'absent' });
    expect(await udev()).toBe('absent');
    plugLoop(370);
    await eventually(() => expect(inside.node('/dev/loop370')).toMatch(NUMBER));
    unplugLoop(370);
    await eventually(() => expect(inside.names()).toEqual([]));
    plugLoop(370);
    await eventually(() => expect(inside.names()).toEqual(['loop370']));
  });

  test('where udevd hangs: after ten seconds the kernel must do, and when udevd goes on the node is as udev wants it', async () => {
    const inside = await begin();
    const pid = scene.udevd?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    try {
      const plugged = performance.now();
      plugLoop(370);
      await eventually(() => expect(inside.node('/dev/loop370')).toMatch(NUMBER));
      expect(performance.now() - plugged).toBeGreaterThan(9_900);
      expect(await udev()).toBe('silent');
      unplugLoop(370);
      await eventually(() => expect(inside.names()).toEqual([]));
      plugLoop(370);
      await eventually(() => expect(inside.node('/dev/loop370')).toMatch(NUMBER));
      // It was waited for once.
      const silences = (await scene.agent.events()).filter(({ says }) => says.includes('udevd is silent'));
      expect(silences).toHaveLength(1);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await eventually(async () => expect(await udev()).toBe('running'));
    await eventually(() => expect(inside.node('/dev/loop370')).toBe(DISKS));
    expect(inside.blockGrants()).toEqual(['b 7:370 rw']);
  });
});
