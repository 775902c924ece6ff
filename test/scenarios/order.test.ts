import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { furnishOpener, startOpener } from './opener.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const AT_ONCE = 10;
const ROUNDS = 25;
const FIRST = 400;
const SANED = 106;
const RULES = `
- rule: disk
  match: { subsystem: block, sysname: "loop40?" }
  guest: robust-order
  take: all
  node: { mode: "0600", owner: saned, group: root }
`;

describe.skipIf(!onTestHost).each([
  { kind: 'privileged', firstId: undefined },
  { kind: 'unprivileged', firstId: 100_000 },
])('in a $kind guest', ({ firstId }) => {
  let scene: Scene;
  let guest: SceneGuest;

  beforeAll(async () => {
    scene = await createScene({ rules: RULES, settings: 'damping: off', furnish: furnishOpener });
    guest = await scene.guest('robust-order', firstId ? { firstId } : {});
  });
  afterAll(() => scene?.end());

  test(`Order: who opens a node the moment it has its name is never refused, in ${AT_ONCE * ROUNDS} plugs`, async () => {
    const inside = await guest.inside();
    const opener = await startOpener(scene.agent.lxcPath, guest.name, '/dev', 'loop', SANED);
    for (let round = 0; round < ROUNDS; round += 1) {
      plugLoop(FIRST, AT_ONCE);
      await eventually(() => expect(inside.names()).toHaveLength(AT_ONCE));
      // It has had its turn before they go.
      await eventually(() => expect(opener.counts()).toEqual({ opened: AT_ONCE * (round + 1), refused: 0 }));
      unplugLoop(FIRST, AT_ONCE);
      await eventually(() => expect(inside.names()).toEqual([]));
    }
    expect(await opener.end()).toEqual({ opened: AT_ONCE * ROUNDS, refused: 0 });
  }, 600_000);
});
