import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../scenarios/eventually.ts';
import type { GuestView } from '../../scenarios/guest-view.ts';
import { createScene, type Scene, type SceneGuest } from '../../scenarios/scene.ts';
import { grantsOf } from './grants.ts';
import { plugUsb, type UsbDevice, unplugAll, unplugUsb } from './usb.ts';

const RULES = `
- rule: stick
  match: { subsystem: block, devtype: disk, property: { ID_SERIAL_SHORT: STICK-ONE }, link: /dev/disk/by-id/usb-* }
  guest: disk
  node: { path: /dev/stick, mode: "0660", group: disk }
  links: ["udev:/dev/disk/by-id/*"]
`;
const stick = (id: string, port: string, serial: string): UsbDevice => ({ id, driver: 'usb-storage', port, serial });
const OURS = stick('ours', '1', 'STICK-ONE');
const THEIRS = stick('theirs', '1', 'STICK-TWO');

describe('Block identity: a USB stick that a guest has by its serial', () => {
  let scene: Scene;
  let guest: SceneGuest;
  let inside: GuestView;

  beforeAll(async () => {
    scene = await createScene({ rules: RULES });
    guest = await scene.guest('disk');
    inside = await guest.inside();
  });
  afterAll(async () => {
    await unplugAll([OURS.id, THEIRS.id]);
    await scene?.end();
  });

  const has = async (number: string) => {
    await eventually(() => {
      expect(inside.node('/dev/stick')).toBe(`${number} 0660 0:6`);
      expect(inside.link(linkOf(OURS))).toBe('/dev/stick');
      expect(grantsOf('disk')).toEqual([`${number.replace(':', ' ')} rw`]);
    });
    await guest.attach('dd', 'if=/dev/stick', 'of=/dev/null', 'bs=512', 'count=1');
  };
  const hasNothing = () =>
    eventually(() => {
      expect(inside.names()).toEqual([]);
      expect(grantsOf('disk')).toEqual([]);
    });
  /** How often it was given. */
  const givings = async () =>
    (await scene.agent.events()).filter(({ says }) => says.includes('make /dev/stick')).length;
  const isKnown = (device: UsbDevice) =>
    eventually(async () => {
      const known = (await scene.agent.devices()).flatMap(({ links }) => links);
      expect(known).toContain(linkOf(device));
      expect((await scene.agent.guest('disk')).converged).toBe(true);
    });

  test('another one under the same name and number is never given, and the first is given under whatever name it has', async () => {
    await plugUsb(OURS);
    const first = await arrived(OURS);
    await has(first);
    await eventually(async () => expect(await givings()).toBe(1));
    await unplugUsb(OURS);
    await plugUsb(THEIRS);
    expect(await arrived(THEIRS)).toBe(first);
    await isKnown(THEIRS);
    await hasNothing();
    expect(await givings()).toBe(1);

    await eventually(() => expect(isThere(OURS)).toBe(false));
    await plugUsb({ ...OURS, port: '2' });
    const second = await arrived(OURS);
    expect(second).not.toBe(first);
    await has(second);

    await scene.agent.end('SIGKILL');
    await unplugUsb(OURS);
    await unplugUsb(THEIRS);
    await eventually(() => expect([OURS, THEIRS].filter(isThere)).toEqual([]));
    await plugUsb(OURS);
    expect(await arrived(OURS)).toBe(first);
    await plugUsb({ ...THEIRS, port: '2' });
    expect(await arrived(THEIRS)).toBe(second);
    await scene.agent.start();
    await has(first);
  });
});

function linkOf({ serial }: UsbDevice): string {
  return `/dev/disk/by-id/usb-QEMU_QEMU_HARDDISK_${serial}-0:0`;
}

function isThere(device: UsbDevice): boolean {
  return existsSync(linkOf(device));
}

/** What the host calls it as soon as it has it: `b:8:0`. */
function arrived(device: UsbDevice): Promise<string> {
  return eventually(() => {
    const name = basename(realpathSync(linkOf(device)));
    return `b:${readFileSync(`/sys/class/block/${name}/dev`, 'utf8').trimEnd()}`;
  });
}
