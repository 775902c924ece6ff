import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const rule = (guest: string, number: number, node: string) => `
- rule: ${guest}-${number}
  match: { subsystem: block, sysname: loop${number} }
  guest: ${guest}
  node: ${node}
`;
const RULES = [
  rule('robust-names', 360, '{ mode: "0660", owner: root, group: latecomers }'),
  rule('robust-names', 361, '{ mode: "0600", owner: "1234", group: "5678" }'),
  rule('robust-names', 362, '{ mode: "0600", owner: saned, group: scanner }'),
  rule('robust-nameless', 363, '{ mode: "0660", owner: root, group: scanner }'),
  rule('robust-nameless', 364, '{ mode: "0640", owner: "7", group: "8" }'),
].join('');

describe.skipIf(!onTestHost)("a node's owner", () => {
  let scene: Scene;
  const plugged = new Set<number>();
  const plug = (number: number) => {
    plugLoop(number);
    plugged.add(number);
  };
  const refused = async (name: string) =>
    (await scene.agent.guest(name)).refusals.map(({ code, detail }) => `${code} ${detail}`);
  const appendTo = (guest: SceneGuest, file: string, line: string) =>
    guest.attach('sh', '-c', `echo ${line} >> ${file}`);

  beforeAll(async () => {
    scene = await createScene({ rules: RULES });
  });
  afterEach(() => {
    for (const number of plugged) unplugLoop(number);
    plugged.clear();
  });
  afterAll(() => scene?.end());

  describe('by the names of the guest', () => {
    let guest: SceneGuest;
    beforeAll(async () => {
      guest = await scene.guest('robust-names');
    });

    test('that the guest does not have yet is refused, and the node comes when the guest has it', async () => {
      const inside = await guest.inside();
      plug(360);
      await eventually(async () => expect(await refused('robust-names')).toEqual(['E_NAME_UNKNOWN group latecomers']));
      expect(inside.names()).toEqual([]);
      expect(inside.blockGrants()).toEqual([]);
      await appendTo(guest, '/etc/group', 'latecomers:x:4242:');
      await eventually(() => expect(inside.node('/dev/loop360')).toBe('b:7:360 0660 0:4242'));
      await eventually(async () => expect(await refused('robust-names')).toEqual([]));
    });

    test('that change their number is followed, and so is a file that is replaced', async () => {
      const inside = await guest.inside();
      plug(362);
      await eventually(() => expect(inside.node('/dev/loop362')).toBe('b:7:362 0600 106:107'));
      const script =
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell is to replace it
        'while read line; do echo ${line/107/207}; done < /etc/group > /etc/group.new && mv /etc/group.new /etc/group';
      await guest.attach('sh', '-c', script);
      await eventually(() => expect(inside.node('/dev/loop362')).toBe('b:7:362 0600 106:207'));
    });

    test('by number needs no name', async () => {
      const inside = await guest.inside();
      plug(361);
      await eventually(() => expect(inside.node('/dev/loop361')).toBe('b:7:361 0600 1234:5678'));
    });
  });

  test('in a guest without passwd and group is refused by name, given by number, and mended when there is a group', async () => {
    const furnish = (folder: string) => {
      for (const name of ['passwd', 'group']) rmSync(join(folder, 'rootfs/etc', name));
    };
    const guest = await scene.guest('robust-nameless', { furnish });
    const inside = await guest.inside();
    plug(363);
    plug(364);
    await eventually(() => expect(inside.node('/dev/loop364')).toBe('b:7:364 0640 7:8'));
    await eventually(async () => expect(await refused('robust-nameless')).toEqual(['E_NAME_UNKNOWN user root']));
    await appendTo(guest, '/etc/passwd', 'root:x:0:0::/:');
    await eventually(async () => expect(await refused('robust-nameless')).toEqual(['E_NAME_UNKNOWN group scanner']));
    await appendTo(guest, '/etc/group', 'scanner:x:99:');
    await eventually(() => expect(inside.node('/dev/loop363')).toBe('b:7:363 0660 0:99'));
  });
});
