import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../scenarios/eventually.ts';
import type { GuestView } from '../../scenarios/guest-view.ts';
import { createScene, type Scene, type SceneGuest } from '../../scenarios/scene.ts';
import { grantsOf } from './grants.ts';
import { hostParts } from './parts.ts';
import { emulated, gadgetry, type Plug } from './plugs.ts';
import { type UsbDevice, unplugAll } from './usb.ts';

const RULES = `
- rule: headset
  match: { subsystem: usb, devtype: usb_device, attr: { idVendor: "46f4", idProduct: "0002" } }
  guest: desk
  take: whole
  links: ["udev:*"]
- rule: console
  match: { subsystem: usb, devtype: usb_device, attr: { idVendor: "1209", idProduct: "0001" } }
  guest: desk
  take: whole
  links: ["udev:*"]
`;
const HEADSET: UsbDevice = { id: 'headset', driver: 'usb-audio', port: '2' };

interface Kind {
  readonly name: string;
  readonly make: string;
  readonly device: Plug;
  /** `#` for a number. */
  readonly nodes: readonly string[];
  /** Node that a file of the guest's is in the way of. */
  readonly taken: string;
  readonly links: readonly RegExp[];
}

const KINDS: readonly Kind[] = [
  {
    name: 'a headset',
    make: '46f4:0002',
    device: emulated(HEADSET),
    nodes: ['bus/usb/#/#', 'snd/controlC#', 'snd/pcmC#D#p'],
    taken: 'snd/controlC0',
    links: [/^snd\/by-id\/./, /^snd\/by-path\/./],
  },
  {
    name: 'a console with a line, a keyboard and music',
    make: '1209:0001',
    device: gadgetry({ name: 'console', vendor: 0x1209, product: 0x0001, functions: ['acm', 'hid', 'midi'] }),
    nodes: [
      ...['bus/usb/#/#', 'dmmidi#', 'hidraw#', 'input/event#', 'midi#'],
      ...['snd/controlC#', 'snd/midiC#D#', 'ttyACM#'],
    ],
    taken: 'hidraw0',
    links: [/^input\/by-id\/./, /^serial\/by-id\/./, /^serial\/by-path\/./, /^snd\/by-path\/./],
  },
];

describe('Devices of several parts', () => {
  let scene: Scene;
  let guest: SceneGuest;
  let inside: GuestView;
  const found = () => inside.names().filter((name) => !name.endsWith('/'));

  beforeAll(async () => {
    scene = await createScene({ rules: RULES });
    guest = await scene.guest('desk');
    inside = await guest.inside();
  });
  afterAll(async () => {
    await unplugAll([HEADSET.id]);
    await scene?.end();
  });

  test.each(KINDS)('Composite device, all or nothing: $name', async ({ make, device, nodes, taken, links }) => {
    const isWhole = () =>
      eventually(() => {
        const host = hostParts(make);
        expect([...host.nodes.keys()].map(shape).sort()).toEqual(nodes);
        for (const link of links) expect(host.links.filter((one) => link.test(one))).not.toEqual([]);
        expect(found()).toEqual([...host.nodes.keys(), ...host.links].sort());
        return host;
      });
    const way = `/dev/${taken}`;
    try {
      await guest.attach('sh', '-ec', `mkdir -p ${way.slice(0, way.lastIndexOf('/'))}; echo mine > ${way}`);
      await device.plug();
      await eventually(async () => {
        const { refusals } = await scene.agent.guest('desk');
        expect(refusals.find(({ code }) => code === 'E_INCOMPLETE')?.detail).toContain(way);
      });
      expect([found(), grantsOf('desk')]).toEqual([[taken], []]);
      await guest.attach('rm', way);
      const { nodes: all } = await isWhole();
      const opening = 'for path; do dd if="$path" of=/dev/null count=0; done';
      await guest.attach('sh', '-ec', opening, 'sh', ...[...all.keys()].map((name) => `/dev/${name}`));
    } finally {
      await device.unplug();
      await guest.attach('rm', '-f', way);
    }
    await eventually(() => expect([found(), grantsOf('desk')]).toEqual([[], []]));
  });
});

function shape(name: string): string {
  return name.replaceAll(/\d+/g, '#');
}
