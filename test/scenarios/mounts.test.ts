import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import type { GuestView } from './guest-view.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const NUMBER = 2400;
const NODE = `/dev/loop${NUMBER}`;
const OTHER = `/dev/loop${NUMBER + 1}`;
const AS_GIVEN = `b:7:${NUMBER} 0640 0:107`;
const RULES = `
- rule: scanners
  match: { subsystem: block, sysname: [loop${NUMBER}, loop${NUMBER + 1}] }
  guest: mounts
  take: all
  node: { mode: "0640", group: scanner }
`;

describe.skipIf(!onTestHost).each([
  { kind: 'privileged', firstId: undefined },
  { kind: 'unprivileged', firstId: 100_000 },
])('what the root of a $kind guest hides under a mount', ({ firstId }) => {
  let scene: Scene;
  let guest: SceneGuest;
  let inside: GuestView;
  const isThere = () => eventually(() => expect(inside.node(NODE)).toBe(AS_GIVEN));

  beforeAll(async () => {
    scene = await createScene({ rules: RULES, ...(firstId && { firstId }) });
    guest = await scene.guest('mounts');
    inside = await guest.inside();
    plugLoop(NUMBER, 2);
    await isThere();
    await eventually(() => inside.node(OTHER));
  });
  afterAll(async () => {
    await scene?.end();
    unplugLoop(NUMBER, 2);
  });

  test('a node comes out from under another that is bound over it', async () => {
    await guest.attach('mount', '-o', 'bind', OTHER, NODE);
    await isThere();
  });

  test('a node that is under a file is missed at once, and is right again when the file goes', async () => {
    const refusals = async () =>
      (await scene.agent.guest('mounts')).refusals.map(({ code, subject }) => [code, subject]);
    await guest.attach('mount', '-o', 'bind', '/etc/passwd', NODE);
    await eventually(async () => expect(await refusals()).toEqual([['E_NODE_FOREIGN', `mounts:${NODE}`]]));
    await guest.attach('umount', NODE);
    await isThere();
    await eventually(async () => expect(await refusals()).toEqual([]));
  });

  test('a node comes again in a /dev that is mounted over the old one, and is there when that goes', async () => {
    await guest.attach('mount', '-t', 'tmpfs', 'dev', '/dev');
    await isThere();
    await eventually(() => expect(inside.names()).toEqual([`loop${NUMBER}`, `loop${NUMBER + 1}`]));
    await guest.attach('umount', '-l', '/dev');
    await isThere();
  });

  test('and the guest is at rest afterwards', async () => {
    await eventually(async () => expect((await scene.agent.status()).converged).toBe(true));
    const passes = async () => (await scene.agent.status()).counters.passes_total;
    await eventually(async () => {
      const before = await passes();
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await passes()).toBe(before);
    });
  });
});
