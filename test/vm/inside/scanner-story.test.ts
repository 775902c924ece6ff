import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../scenarios/eventually.ts';
import { createScene, type Scene } from '../../scenarios/scene.ts';
import { createDebianGuest, type DebianGuest } from './debian-guest.ts';
import { createGadget, type Gadget } from './gadget.ts';
import { OWN_RULES, startOwnUdevd } from './own-udevd.ts';
import { usbNode } from './sysfs.ts';

// In 2008 an administrator had a scanner in a guest. Pulled out and plugged in again it had another number, and the guest did
// not see it before somebody remade its node by hand; restarting the guest did not help, and owner and mode were lost.
const EPSON = { vendor: 0x04b8, product: 0x011f, functions: ['SourceSink'] as const };
const MODEL = 'attr: { idVendor: "04b8", idProduct: "011f" }';
const ONE_SCANNER = scannerRules({ front: MODEL });
const DEVICES = '/sys/bus/usb/devices';
const GROUP_SCANNER = 106;
const SANED = 101;

describe('the scanner of 2008', () => {
  let scene: Scene;
  let guest: DebianGuest;
  const scanners: Gadget[] = [];
  const buy = (name: string, serialnumber?: string) => {
    const strings = { manufacturer: 'EPSON', product: 'EPSON Scanner', ...(serialnumber && { serialnumber }) };
    const scanner = createGadget({ name, ...EPSON, strings });
    scanners.push(scanner);
    return scanner;
  };
  /** Where the alias leads to; throws when that is not the only scanner below /dev/bus/usb. */
  const alias = async () => {
    const inside = await guest.inside();
    expect(inside.names().filter((name) => /^bus\/usb\/\d+\/\d+$/.test(name))).toHaveLength(1);
    const path = inside.link('/dev/scanners/front');
    return { path, node: inside.node(path) };
  };
  const isAt = (slot: number) => eventually(async () => expect((await alias()).path).toBe(trueNode(slot)));
  const isGone = async () => {
    const inside = await guest.inside();
    await eventually(() => expect(inside.names().filter(isOfScanners)).toEqual([]));
  };
  /** The next scanner of the rule would have owner and mode of this one too. */
  const asBefore = async () => {
    await guest.attach('chown', 'root', (await alias()).path);
    await guest.attach('chmod', '0664', (await alias()).path);
    await eventually(async () =>
      expect((await scene.agent.guest('saned')).nodes[0]?.ownership).toMatchObject({ mode: 0o664, uid: 0 }),
    );
  };
  /** Which scanners the backend of that model opens, run by a user of the guest. To a socket SANE says nothing, to a pipe it does. */
  const found = async (user = 'saned') => {
    const said = await guest.as(user, 'sh', '-c', 'SANE_DEBUG_SANEI_USB=6 scanimage -L 2>&1 | cat');
    return [...said.matchAll(/opened usb device `(libusb:[\d:]+)'/g)].map(([, at]) => at);
  };
  const seenAt = (slot: number) => `libusb:${trueNode(slot).slice(-'003/004'.length).replace('/', ':')}`;

  beforeAll(async () => {
    scene = await createScene({ rules: ONE_SCANNER });
    guest = createDebianGuest({ name: 'saned', lxcPath: scene.agent.lxcPath });
    await guest.start();
    // The backend of that model alone. Debian's sane-find-scanner crashes where another device of a bus has no node.
    await guest.attach('sh', '-c', 'echo snapscan > /etc/sane.d/dll.conf; rm -f /etc/sane.d/dll.d/*');
  });
  afterEach(async () => {
    for (const scanner of scanners.splice(0)) scanner.destroy();
    scene.agent.rules(ONE_SCANNER);
    await isGone();
  });
  afterAll(async () => {
    await guest?.destroy();
    await scene?.end();
  });

  test('saned finds it under its true node, with an alias for people, after every replug and without a restart', async () => {
    const epson = buy('epson');
    const places = new Set<string>();
    const init = await guest.initPid();
    for (const slot of [0, 0, 1]) {
      epson.plug(slot);
      await isAt(slot);
      const { path, node } = await alias();
      expect(node).toMatch(new RegExp(`^c:189:\\d+ 0664 0:${GROUP_SCANNER}$`));
      expect(await found()).toEqual([seenAt(slot)]);
      expect(await guest.as('saned', 'lsusb', '-D', '/dev/scanners/front')).toContain('04b8:011f');
      places.add(path);
      epson.unplug();
      await isGone();
    }
    expect(places.size).toBe(3);
    expect(await guest.initPid()).toBe(init);
  });

  test('whoever is not in the group scanner of the guest reads it and cannot use it', async () => {
    buy('epson').plug();
    await isAt(0);
    expect(await found('nobody')).toEqual([]);
    expect(await found()).toEqual([seenAt(0)]);
  });

  test('replugged twice while the guest is stopped, it is there at the next start, and nothing of where it was', async () => {
    const epson = buy('epson');
    epson.plug();
    await isAt(0);
    await guest.stop();
    for (const slot of [1, 0]) {
      epson.unplug();
      epson.plug(slot);
    }
    await guest.start();
    await isAt(0);
    expect(await found()).toEqual([seenAt(0)]);
  });

  test('owner and mode that were changed inside survive a replug and a restart', async () => {
    const epson = buy('epson');
    epson.plug();
    await isAt(0);
    await guest.attach('chown', 'saned', (await alias()).path);
    await guest.attach('chmod', '0640', (await alias()).path);
    await eventually(async () =>
      expect((await scene.agent.guest('saned')).nodes[0]?.ownership).toEqual({
        mode: 0o640,
        uid: SANED,
        gid: GROUP_SCANNER,
      }),
    );
    const asChanged = async () => expect((await alias()).node).toMatch(new RegExp(` 0640 ${SANED}:${GROUP_SCANNER}$`));

    epson.unplug();
    await isGone();
    epson.plug(1);
    await isAt(1);
    await asChanged();
    await guest.stop();
    await guest.start();
    await isAt(1);
    await asChanged();
    expect(await found()).toEqual([seenAt(1)]);
    await asBefore();
  });

  test('what the rules of its own udevd make of it is kept, but for what the rule states', async () => {
    await startOwnUdevd(guest.attach, 'OWNER="saned", GROUP="root", MODE="0660"');
    const epson = buy('epson');
    epson.plug();
    await isAt(0);
    // The kernel told that udevd of it before it had its node.
    execFileSync('udevadm', ['trigger', '--action=change', join(DEVICES, portOf(0))]);
    const asMade = () =>
      eventually(async () => expect((await alias()).node).toMatch(new RegExp(` 0660 ${SANED}:${GROUP_SCANNER}$`)));
    await asMade();
    await eventually(async () =>
      expect(await scene.agent.guest('saned')).toMatchObject({
        converged: true,
        refusals: [],
        nodes: [{ ownership: { mode: 0o660, uid: SANED, gid: GROUP_SCANNER } }],
      }),
    );
    epson.unplug();
    await isGone();
    epson.plug(1);
    await isAt(1);
    await asMade();
    expect(await found()).toEqual([seenAt(1)]);
    await guest.attach('sh', '-c', `udevadm control --exit; rm ${OWN_RULES}`);
    await asBefore();
  });

  test('a second one of the same model: told apart by their serials, wherever they are plugged in', async () => {
    const [front, back] = [buy('front', 'G3K0001'), buy('back', 'G3K0002')];
    scene.agent.rules(
      scannerRules({
        front: 'property: { ID_SERIAL_SHORT: G3K0001 }',
        back: 'property: { ID_SERIAL_SHORT: G3K0002 }',
      }),
    );
    for (const [frontSlot, backSlot] of [
      [0, 1],
      [1, 0],
    ] as const) {
      front.plug(frontSlot);
      back.plug(backSlot);
      await leadTo(guest, { front: frontSlot, back: backSlot });
      front.unplug();
      back.unplug();
      await isGone();
    }
  });

  test('a second one, both without a serial: told apart by their ports, whichever is plugged in first', async () => {
    const [front, back] = [buy('front'), buy('back')];
    scene.agent.rules(scannerRules({ front: `port: "${portOf(0)}"`, back: `port: "${portOf(1)}"` }));
    for (const order of [
      [0, 1],
      [1, 0],
    ] as const) {
      for (const slot of order) (slot === 0 ? front : back).plug(slot);
      await leadTo(guest, { front: 0, back: 1 });
      front.unplug();
      back.unplug();
      await isGone();
    }
  });

  test('a second one that no rule tells apart: neither is given and both are named, until one is pulled out', async () => {
    const [front, back] = [buy('front', 'G3K0001'), buy('back', 'G3K0002')];
    front.plug(0);
    await isAt(0);
    back.plug(1);
    await isGone();
    expect(await found()).toEqual([]);
    const named = new RegExp(`port ${portOf(0)}, serial G3K0001.*port ${portOf(1)}, serial G3K0002`);
    await eventually(async () =>
      expect((await scene.agent.guest('saned')).refusals).toEqual([
        expect.objectContaining({ code: 'E_AMBIGUOUS', detail: expect.stringMatching(named) }),
      ]),
    );
    front.unplug();
    await isAt(1);
    expect(await found()).toEqual([seenAt(1)]);
  });
});

function scannerRules(matches: Readonly<Record<string, string>>): string {
  return Object.entries(matches)
    .map(
      ([name, match]) => `
- rule: scanner-${name}
  match: { subsystem: usb, devtype: usb_device, ${match} }
  guest: saned
  node: { group: scanner }
  links: [/dev/scanners/${name}]
`,
    )
    .join('');
}

function isOfScanners(name: string): boolean {
  return name.startsWith('bus/') || name.startsWith('scanners/');
}

async function leadTo(guest: DebianGuest, slots: Readonly<Record<string, number>>): Promise<void> {
  const inside = await guest.inside();
  await eventually(() => {
    for (const [name, slot] of Object.entries(slots)) {
      expect(inside.link(`/dev/scanners/${name}`)).toBe(trueNode(slot));
      expect(inside.node(trueNode(slot))).toMatch(/^c:189:/);
    }
  });
}

function busOf(slot: number): string {
  const root = readdirSync(`/sys/devices/platform/dummy_hcd.${slot}`).find((name) => /^usb\d+$/.test(name));
  if (root === undefined) throw new Error(`the controller of slot ${slot} has no bus`);
  return root.slice('usb'.length);
}

function portOf(slot: number): string {
  return `${busOf(slot)}-1`;
}

/** Where the device in a slot is now, as libusb looks for it: /dev/bus/usb/BBB/DDD. */
function trueNode(slot: number): string {
  return usbNode(join(DEVICES, portOf(slot)));
}
