import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../scenarios/eventually.ts';
import { createScene, type Scene, type SceneGuest } from '../../scenarios/scene.ts';
import { plugUsb, type UsbDevice, unplugAll, unplugUsb } from './usb.ts';

const RULES = `
- rule: adapter
  match: { subsystem: usb, devtype: usb_device, attr: { idVendor: "0403" } }
  guest: replug
  node: { mode: "0660", owner: saned, group: scanner }
  links: [/dev/adapter]
- rule: line
  match: { subsystem: tty, parent: { attr: { idVendor: "0403" } } }
  guest: replug
  node: { path: /dev/line }
`;
const ADAPTER: UsbDevice = { id: 'adapter', driver: 'usb-serial', port: '1', serial: 'A4008T7W' };

describe('a USB serial adapter that is unplugged and comes back', () => {
  let scene: Scene;
  let guest: SceneGuest;

  beforeAll(async () => {
    scene = await createScene({ rules: RULES });
    guest = await scene.guest('replug');
  });
  afterAll(async () => {
    await unplugAll([ADAPTER.id]);
    await scene?.end();
  });

  test('is in the guest under its new number each time, and leaves nothing', async () => {
    const inside = await guest.inside();
    const targets = new Set<string>();
    for (let time = 0; time < 3; time += 1) {
      await plugUsb(ADAPTER);
      await eventually(() => expect(inside.names()).toContain('line'));
      await eventually(() => expect(inside.names()).toContain('adapter'));
      targets.add(inside.link('/dev/adapter'));
      expect(inside.node('/dev/line')).toMatch(/^c:188:\d+ /);
      await unplugUsb(ADAPTER);
      await eventually(() => expect(inside.names()).toEqual([]));
    }
    expect(targets.size).toBe(3);
  });
});
