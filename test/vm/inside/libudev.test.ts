import { realpathSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fixture } from '../../kernel/listening.ts';
import { eventually } from '../../scenarios/eventually.ts';
import { createScene, type Scene, type SceneGuest } from '../../scenarios/scene.ts';
import { intoLxc, listenIn, type Monitor, toldGuest } from '../../scenarios/udevadm.ts';
import { createGadget } from './gadget.ts';
import { grantsOf } from './grants.ts';
import { attribute } from './sysfs.ts';
import { plugUsb, type UsbDevice, unplugAll, unplugUsb } from './usb.ts';

const RULES = `
- rule: adapter
  match: { subsystem: usb, devtype: usb_device, attr: { serial: A4008T7W } }
  guest: told
- rule: camera
  match: { subsystem: usb, devtype: usb_device, attr: { idVendor: "0547" } }
  guest: told
  node: { path: /dev/camera }
`;
const ADAPTER: UsbDevice = { id: 'adapter', driver: 'usb-serial', port: '1', serial: 'A4008T7W' };
const STRANGER: UsbDevice = { id: 'stranger', driver: 'usb-mouse', port: '2' };
/** Without firmware it is the one, with firmware the other. */
const CAMERA = { vendor: 0x0547, functions: ['SourceSink'] } as const;
const BARE = 0x2131;
const READY = 0x1002;
const LSUSB = '/usr/bin/lsusb';
const CALLBACKS = fixture('callbacks');

describe('libudev and libusb in a guest that has users of its own', () => {
  let scene: Scene;
  let guest: SceneGuest;
  let monitor: Monitor;
  /** How many messages it had before this test. */
  let former: number;

  beforeAll(async () => {
    scene = await createScene({ rules: RULES });
    ({ guest, monitor } = await toldGuest(scene, { firstId: 100_000, programs: [LSUSB, CALLBACKS] }));
  });
  afterAll(async () => {
    await monitor?.end();
    await unplugAll([ADAPTER.id, STRANGER.id]);
    await scene?.end();
  });

  beforeEach(async () => {
    const inside = await guest.inside();
    await eventually(() => {
      expect(inside.names()).toEqual([]);
      former = monitor.messages().length;
      if (former > 0) expect(monitor.messages().at(-1)?.[0]).toMatch(/^UDEV remove /);
    });
  });

  const messages = () => monitor.messages().slice(former);
  const heard = () => messages().map(([heading = '']) => heading);
  /** The USB device on that port, as the host has it. */
  const onPort = (port: string) =>
    eventually(async () => {
      const all = await scene.agent.devices();
      const found = all.find(({ devpath, devtype }) => devtype === 'usb_device' && devpath.endsWith(`/${port}`));
      expect(found?.node).toMatch(/^\/dev\/bus\/usb\//);
      return { devpath: found?.devpath ?? '', node: found?.node ?? '' };
    });

  test('hear of a device that is granted, find and open it, and hear of no other', async () => {
    await plugUsb(STRANGER);
    const stranger = await onPort('1-2');
    await plugUsb(ADAPTER);
    const { devpath, node } = await onPort('1-1');
    await eventually(() => expect(heard().slice(0, 2)).toEqual(told('add', devpath)));
    const [, added] = messages();
    expect(added).toEqual(
      expect.arrayContaining([
        `DEVNAME=${node}`,
        'DEVTYPE=usb_device',
        'ID_SERIAL_SHORT=A4008T7W',
        'ID_VENDOR_ID=0403',
      ]),
    );

    const info = await guest.attach('/usr/bin/udevadm', 'info', node);
    expect(info).toContain(`P: ${devpath}\n`);
    expect(info).toMatch(/^E: ID_SERIAL_SHORT=A4008T7W$/m);
    expect(info).toMatch(/^E: ID_MODEL_ID=6001$/m);
    expect(await describedByLibusb(node)).toMatch(/iSerial +\d+ A4008T7W/);
    expect(await describedByLibusb(stranger.node)).toContain("Couldn't open device");

    await unplugUsb(ADAPTER);
    await eventually(() => expect(heard().slice(-2)).toEqual(told('remove', devpath)));
    await unplugUsb(STRANGER);
    await eventually(async () =>
      expect((await scene.agent.devices()).some((device) => device.devpath === stranger.devpath)).toBe(false),
    );
    expect(heard().filter((heading) => !heading.includes(` ${devpath} (`))).toEqual([]);
    await expect(guest.attach('/usr/bin/udevadm', 'info', node)).rejects.toThrow();
  });

  test('libusb calls a program back when a device that is granted arrives and leaves, and for no other', async () => {
    const make = { functions: ['SourceSink'], vendor: 0x0403, product: 0x6001 } as const;
    const granted = createGadget({ ...make, name: 'granted', strings: { serialnumber: 'A4008T7W' } });
    const foreign = createGadget({ ...make, name: 'foreign', product: 0x6014 });
    const callbacks = await listenIn(intoLxc(scene.agent.lxcPath, 'told'), CALLBACKS);
    try {
      foreign.plug(1);
      await onPort('4-1');
      granted.plug(0);
      await eventually(() => expect(callbacks.said()).toBe('ready\narrived 0403:6001\n'));
      foreign.unplug();
      granted.unplug();
      await eventually(() => expect(callbacks.said()).toBe('ready\narrived 0403:6001\nleft 0403:6001\n'));
    } finally {
      for (const gadget of [granted, foreign]) gadget.destroy();
      await callbacks.end();
    }
  });

  /** The camera that the guest has, and that alone it may open: its folder in sysfs. */
  const hasCamera = async (product: number) => {
    const inside = await guest.inside();
    return eventually(() => {
      const [, number = ''] = /^c:(\S+)/.exec(inside.node('/dev/camera')) ?? [];
      const folder = realpathSync(`/sys/dev/char/${number}`);
      expect(attribute(folder, 'idProduct')).toBe(product.toString(16));
      expect(grantsOf('told')).toEqual([`c ${number} rw`]);
      return folder;
    });
  };

  /** Without what the kernel says of one that is being set up, and may say early enough for the guest to have it already. */
  const comings = () => heard().filter((heading) => !/^\w+ change /.test(heading));

  test('Firmware re-enumeration: what comes back at the port as another device is given under the same name, and the guest is told of both', async () => {
    const [before, after] = [
      createGadget({ ...CAMERA, name: 'before', product: BARE }),
      createGadget({ ...CAMERA, name: 'after', product: READY }),
    ];
    try {
      before.plug(0);
      const folder = await hasCamera(BARE);
      const devpath = folder.slice('/sys'.length);
      await eventually(() => expect(comings()).toEqual(told('add', devpath)));
      before.unplug();
      after.plug(0);
      expect(await hasCamera(READY)).toBe(folder);
      await eventually(() =>
        expect(comings()).toEqual(['add', 'remove', 'add'].flatMap((action) => told(action, devpath))),
      );
      expect((await scene.agent.guest('told')).refusals).toEqual([]);
    } finally {
      for (const gadget of [before, after]) gadget.destroy();
    }
  });

  // A machine that is too slow for the second that a port is kept may try again.
  test('and where one like the first comes at another port meanwhile, that one is not given', {
    retry: 2,
  }, async () => {
    const [before, after, other] = [
      createGadget({ ...CAMERA, name: 'before', product: BARE }),
      createGadget({ ...CAMERA, name: 'after', product: READY }),
      createGadget({ ...CAMERA, name: 'other', product: BARE }),
    ];
    try {
      before.plug(0);
      const folder = await hasCamera(BARE);
      const devpath = folder.slice('/sys'.length);
      await eventually(() => expect(comings()).toEqual(told('add', devpath)));
      const since = (await scene.agent.events()).at(-1)?.number ?? 0;
      before.unplug();
      other.plug(1);
      after.plug(0);
      // When the second is over nothing tells the two apart.
      const said = await eventually(async () => {
        const all = (await scene.agent.events()).filter(({ number }) => number > since).map(({ says }) => says);
        expect(all).toContainEqual(expect.stringMatching(/^E_AMBIGUOUS told:camera/));
        return all;
      });
      const [first] = said.flatMap((one) => /make \/dev\/camera c:(\S+)/.exec(one)?.[1] ?? []);
      expect(first).toBe(attribute(folder, 'dev'));
      expect(said).toContainEqual(expect.stringMatching(/^W_SLOT told:camera: 4-1 .* what comes at port 3-1, /));
      expect(comings().slice(0, 6)).toEqual(['add', 'remove', 'add'].flatMap((action) => told(action, devpath)));
      expect(heard().filter((heading) => !heading.includes(` ${devpath} (`))).toEqual([]);
      other.unplug();
      expect(await hasCamera(READY)).toBe(folder);
    } finally {
      for (const gadget of [before, after, other]) gadget.destroy();
    }
  });

  async function describedByLibusb(node: string): Promise<string> {
    const [, bus, device] = /(\d+)\/(\d+)$/.exec(node) ?? [];
    return guest.attach('sh', '-c', `exec ${LSUSB} -v -s ${bus}:${device} 2>&1`);
  }
});

function told(action: string, devpath: string): readonly string[] {
  return ['KERNEL', 'UDEV'].map((group) => `${group} ${action} ${devpath} (usb)`);
}
