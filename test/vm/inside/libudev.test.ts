import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../scenarios/eventually.ts';
import { createScene, type Scene, type SceneGuest } from '../../scenarios/scene.ts';
import { bringProgram, bringUdevadm, type Monitor, monitorIn } from '../../scenarios/udevadm.ts';
import { plugUsb, type UsbDevice, unplugAll, unplugUsb } from './usb.ts';

const RULES = `
- rule: adapter
  match: { subsystem: usb, devtype: usb_device, attr: { serial: A4008T7W } }
  guest: told
`;
const ADAPTER: UsbDevice = { id: 'adapter', driver: 'usb-serial', port: '1', serial: 'A4008T7W' };
const STRANGER: UsbDevice = { id: 'stranger', driver: 'usb-mouse', port: '2' };
const LSUSB = '/usr/bin/lsusb';

describe('libudev and libusb in a guest that has users of its own', () => {
  let scene: Scene;
  let guest: SceneGuest;
  let monitor: Monitor;

  beforeAll(async () => {
    scene = await createScene({ rules: RULES });
    guest = await scene.guest('told', {
      firstId: 100_000,
      furnish: (folder) => {
        bringUdevadm(join(folder, 'rootfs'));
        bringProgram(join(folder, 'rootfs'), LSUSB);
      },
    });
    await eventually(() => guest.attach('test', '-e', '/run/udev/control'));
    monitor = await monitorIn(scene.agent.lxcPath, 'told', '--kernel', '--udev');
  });
  afterAll(async () => {
    await monitor?.end();
    await unplugAll([ADAPTER.id, STRANGER.id]);
    await scene?.end();
  });

  const heard = () => monitor.messages().map(([heading = '']) => heading);
  /** The USB device on that port, as the host has it. */
  const onPort = (port: string) =>
    eventually(async () => {
      const all = await scene.agent.devices();
      const found = all.find(({ devpath, devtype }) => devtype === 'usb_device' && devpath.endsWith(`/1-${port}`));
      expect(found?.node).toMatch(/^\/dev\/bus\/usb\//);
      return { devpath: found?.devpath ?? '', node: found?.node ?? '' };
    });

  test('hear of a device that is granted, find and open it, and hear of no other', async () => {
    await plugUsb(STRANGER);
    const stranger = await onPort('2');
    await plugUsb(ADAPTER);
    const { devpath, node } = await onPort('1');
    await eventually(() =>
      expect(heard().slice(0, 2)).toEqual([`KERNEL add ${devpath} (usb)`, `UDEV add ${devpath} (usb)`]),
    );
    const [, told] = monitor.messages();
    expect(told).toEqual(
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
    await eventually(() =>
      expect(heard().slice(-2)).toEqual([`KERNEL remove ${devpath} (usb)`, `UDEV remove ${devpath} (usb)`]),
    );
    await unplugUsb(STRANGER);
    await eventually(async () =>
      expect((await scene.agent.devices()).some((device) => device.devpath === stranger.devpath)).toBe(false),
    );
    expect(heard().filter((heading) => !heading.includes(` ${devpath} (`))).toEqual([]);
    await expect(guest.attach('/usr/bin/udevadm', 'info', node)).rejects.toThrow();
  });

  async function describedByLibusb(node: string): Promise<string> {
    const [, bus, device] = /(\d+)\/(\d+)$/.exec(node) ?? [];
    return guest.attach('sh', '-c', `exec ${LSUSB} -v -s ${bus}:${device} 2>&1`);
  }
});
