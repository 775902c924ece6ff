import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const RULES = `
- rule: one
  match: { subsystem: block, sysname: "loop36[5-6]" }
  guest: robust-one
- rule: all
  match: { subsystem: block, sysname: "loop36[7-8]" }
  guest: robust-one
  take: all
- rule: mine
  match: { subsystem: block, sysname: loop369 }
  guest: robust-one
- rule: everybody
  match: { subsystem: block, sysname: "loop3[67][09]" }
  guest: "robust-*"
  take: all
- rule: first
  match: { subsystem: block, sysname: loop371 }
  guest: robust-two
  node: { path: /dev/disk }
- rule: second
  match: { subsystem: block, sysname: loop372 }
  guest: robust-two
  node: { path: /dev/disk }
- rule: front
  match: { subsystem: block, sysname: loop373 }
  guest: robust-two
  links: [/dev/front]
- rule: front-too
  match: { subsystem: block, sysname: loop374 }
  guest: robust-two
  links: [/dev/front]
`;

describe.skipIf(!onTestHost)('more than one device or guest', () => {
  let scene: Scene;
  let one: SceneGuest;
  let two: SceneGuest;
  const plugged = new Set<number>();
  const plug = (number: number) => {
    plugLoop(number);
    plugged.add(number);
  };
  const unplug = (number: number) => {
    unplugLoop(number);
    plugged.delete(number);
  };
  const has = async (guest: SceneGuest, ...names: readonly string[]) => {
    const inside = await guest.inside();
    await eventually(() => expect(inside.names()).toEqual(names));
  };
  const refused = async (guest: SceneGuest) =>
    (await scene.agent.guest(guest.name)).refusals.map(({ code, detail }) => `${code} ${detail}`);

  beforeAll(async () => {
    scene = await createScene({ rules: RULES });
    [one, two] = await Promise.all([scene.guest('robust-one'), scene.guest('robust-two')]);
  });
  afterEach(async () => {
    for (const number of plugged) unplug(number);
    await Promise.all([has(one), has(two)]);
  });
  afterAll(() => scene?.end());

  test('two where one is wanted: neither is given and both are named; when one goes the other is given', async () => {
    plug(365);
    await has(one, 'loop365');
    plug(366);
    await has(one);
    await eventually(async () =>
      expect(await refused(one)).toEqual([expect.stringMatching(/^E_AMBIGUOUS .*loop365.*loop366/)]),
    );
    expect((await one.inside()).blockGrants()).toEqual([]);
    unplug(365);
    await has(one, 'loop366');
    await eventually(async () => expect(await refused(one)).toEqual([]));
  });

  test('two where all are wanted are both given', async () => {
    plug(367);
    plug(368);
    await has(one, 'loop367', 'loop368');
    unplug(367);
    await has(one, 'loop368');
  });

  test('what one guest has for itself goes to no other, although a rule for everybody matches it', async () => {
    plug(369);
    plug(370);
    await has(one, 'loop369', 'loop370');
    await has(two, 'loop370');
  });

  test('two rules that want one path: the first has it, the second is told, and has it when the first has lost its device', async () => {
    plug(372);
    const inside = await two.inside();
    await eventually(() => expect(inside.node('/dev/disk')).toMatch(/^b:7:372 /));
    plug(371);
    await eventually(() => expect(inside.node('/dev/disk')).toMatch(/^b:7:371 /));
    expect(inside.blockGrants()).toEqual(['b 7:371 rw']);
    await eventually(async () =>
      expect(await refused(two)).toEqual([expect.stringMatching(/^E_CONFLICT rule first wants .*, rule second wants/)]),
    );
    unplug(371);
    await eventually(() => expect(inside.node('/dev/disk')).toMatch(/^b:7:372 /));
    await eventually(async () => expect(await refused(two)).toEqual([]));
  });

  test('two rules that want one link: both devices are given, the link goes to the first', async () => {
    plug(374);
    await has(two, 'front', 'loop374');
    plug(373);
    await has(two, 'front', 'loop373', 'loop374');
    const inside = await two.inside();
    await eventually(() => expect(inside.link('/dev/front')).toBe('/dev/loop373'));
    await eventually(async () =>
      expect(await refused(two)).toEqual([
        expect.stringMatching(/^E_CONFLICT rule front wants .*, rule front-too wants/),
      ]),
    );
    unplug(373);
    await has(two, 'front', 'loop374');
    expect(inside.link('/dev/front')).toBe('/dev/loop374');
  });

  test('two guests at once, two devices each: each has its own', async () => {
    for (const number of [365, 367, 368, 371]) plug(number);
    await Promise.all([has(one, 'loop365', 'loop367', 'loop368'), has(two, 'disk')]);
    await eventually(async () => expect((await scene.agent.status()).nodes).toBe(4));
  });
});
