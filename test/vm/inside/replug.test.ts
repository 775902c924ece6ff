import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../scenarios/eventually.ts';
import type { GuestView } from '../../scenarios/guest-view.ts';
import { holderOf, isAlive } from '../../scenarios/processes.ts';
import { createScene, type Scene, type SceneGuest } from '../../scenarios/scene.ts';
import { createGadget } from './gadget.ts';
import { grantsOf } from './grants.ts';
import { plugUsb, type UsbDevice, unplugAll, unplugUsb } from './usb.ts';

const RULES = `
- rule: adapter
  match: { subsystem: usb, devtype: usb_device, property: { ID_SERIAL_SHORT: A4008T7W } }
  guest: plain
  node: { mode: "0660", owner: saned, group: scanner }
  links: [/dev/scanners/front]
- rule: line
  match: { subsystem: tty, parent: { attr: { serial: A4008T7W } } }
  guest: plain
  unplug: term
- rule: scanner
  match: { subsystem: usb, devtype: usb_device, attr: { idVendor: "04a9", idProduct: "2220" } }
  guest: shifted
  node: { mode: "0640", owner: "1000", group: scanner }
`;
const ADAPTER: UsbDevice = { id: 'adapter', driver: 'usb-serial', port: '1', serial: 'A4008T7W' };
const TIMES = 3;
const GADGET_TIMES = 20;

describe('a USB device that is unplugged and comes back', () => {
  let scene: Scene;
  let plain: SceneGuest;
  let shifted: SceneGuest;

  beforeAll(async () => {
    scene = await createScene({ rules: RULES, settings: 'damping: off' });
    plain = await scene.guest('plain');
    shifted = await scene.guest('shifted', { firstId: 100_000 });
  });
  afterEach(() => unplugAll([ADAPTER.id]));
  afterAll(() => scene?.end());

  /** The adapter's true node, when all that belongs to it is there and nothing else. */
  const wholeAdapter = async (inside: GuestView): Promise<string> => {
    await eventually(() => expect(inside.names()).toContain('ttyUSB0'));
    await eventually(() => expect(inside.names()).toContain('scanners/front'));
    const node = inside.link('/dev/scanners/front');
    const [, bus] = /^\/dev\/bus\/usb\/(\d{3})\/\d{3}$/.exec(node) ?? [];
    const folders = ['bus/', 'bus/usb/', `bus/usb/${bus}/`, 'scanners/'];
    expect(inside.names()).toEqual([...folders, node.slice(5), 'scanners/front', 'ttyUSB0'].sort());
    return node;
  };
  const isGone = async (inside: GuestView) => {
    await eventually(() => expect(inside.names()).toEqual([]));
    await eventually(() => expect(grantsOf('plain')).toEqual([]));
  };
  const opens = (node: string) => plain.attach('dd', `if=${node}`, 'of=/dev/null', 'count=0');

  test('Replug, new minor: the node and the permission of the new number are there, those of the old one are not', async () => {
    const inside = await plain.inside();
    const numbers = new Set<string>();
    for (let time = 0; time < TIMES; time += 1) {
      await plugUsb(ADAPTER);
      const node = await wholeAdapter(inside);
      const [number = ''] = inside.node(node).split(' ');
      numbers.add(number);
      expect(inside.node(node)).toBe(`${number} 0660 106:107`);
      expect(number).toBe(hostNumber(node));
      expect(grantsOf('plain')).toEqual(['c 188:0 rw', `${number.replace(':', ' ')} rw`]);
      await opens(node);
      await opens('/dev/ttyUSB0');
      await unplugUsb(ADAPTER);
      await isGone(inside);
    }
    expect(numbers.size).toBe(TIMES);
    for (const number of numbers) {
      const probe = `rm -f /tmp/old; mknod /tmp/old ${number.replaceAll(':', ' ')} || exit 0; exec dd if=/tmp/old of=/dev/null count=0 2>&1`;
      await expect(plain.attach('sh', '-c', probe)).rejects.toMatchObject({
        stdout: expect.stringContaining('Operation not permitted'),
      });
    }
  });

  test('Alias and true node: both open; afterwards neither dangles, and no empty folder is left', async () => {
    const inside = await plain.inside();
    await plugUsb(ADAPTER);
    await opens(await wholeAdapter(inside));
    await opens('/dev/scanners/front');
    await unplugUsb(ADAPTER);
    await isGone(inside);
  });

  test('Stopped guest: after two replugs it starts with the present node only', async () => {
    await plugUsb(ADAPTER);
    const former = await wholeAdapter(await plain.inside());
    await plain.stop();
    for (let time = 0; time < 2; time += 1) {
      await unplugUsb(ADAPTER);
      await plugUsb(ADAPTER);
    }
    await plain.start();
    const inside = await plain.inside();
    const node = await wholeAdapter(inside);
    expect(node).not.toBe(former);
    expect(inside.node(node)).toBe(`${hostNumber(node)} 0660 106:107`);
    await unplugUsb(ADAPTER);
    await isGone(inside);
  });

  test(`Owner, group, mode: after each of ${GADGET_TIMES} replugs they are as the rule says, in a guest whose ids are shifted`, async () => {
    const scanner = createGadget({ name: 'scanner', vendor: 0x04a9, product: 0x2220, functions: ['SourceSink'] });
    try {
      const inside = await shifted.inside();
      for (let time = 0; time < GADGET_TIMES; time += 1) {
        scanner.plug();
        const name = await eventually(() => {
          const [, , , found, ...others] = inside.names();
          expect([found, others]).toEqual([expect.stringMatching(/^bus\/usb\/\d{3}\/\d{3}$/), []]);
          return found;
        });
        await eventually(() => expect(inside.node(`/dev/${name}`)).toMatch(/^c:189:\d+ 0640 1000:107$/));
        await shifted.attach('dd', `if=/dev/${name}`, 'of=/dev/null', 'count=0');
        scanner.unplug();
        await eventually(() => expect(inside.names()).toEqual([]));
      }
    } finally {
      scanner.destroy();
    }
  });

  test('Unplug while open: the holder is named and ended, node and permission go, and the next one has the same name', async () => {
    const inside = await plain.inside();
    await plugUsb(ADAPTER);
    await wholeAdapter(inside);
    await plain.attach('sh', '-c', 'exec sleep 1000 < /dev/ttyUSB0 > /dev/null 2>&1 &');
    const holder = await eventually(() => holderOf('/dev/ttyUSB0'));
    await unplugUsb(ADAPTER);
    await isGone(inside);
    await eventually(() => expect(isAlive(holder)).toBe(false));
    await eventually(async () => {
      const told = (await scene.agent.events()).flatMap(({ says }) => says.split(/, |: /));
      expect(told.filter((step) => step.includes(`(${holder})`))).toEqual([`send SIGTERM to sleep (${holder})`]);
    });
    await plugUsb(ADAPTER);
    await wholeAdapter(inside);
    expect(inside.node('/dev/ttyUSB0')).toMatch(/^c:188:0 /);
    await unplugUsb(ADAPTER);
    await isGone(inside);
  });
});

/** `c:189:4` of a USB node, by the kernel. */
function hostNumber(node: string): string {
  const [, bus = '', device = ''] = /(\d{3})\/(\d{3})$/.exec(node) ?? [];
  const minor = (Number(bus) - 1) * 128 + Number(device) - 1;
  expect(readFileSync(`/sys/dev/char/189:${minor}/uevent`, 'utf8')).toContain(`DEVNAME=${node.slice(5)}\n`);
  return `c:189:${minor}`;
}
