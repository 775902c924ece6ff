import { existsSync, realpathSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../scenarios/eventually.ts';
import { holderOf, isAlive } from '../../scenarios/processes.ts';
import { createScene, type Scene, type SceneGuest } from '../../scenarios/scene.ts';
import { createGadget } from './gadget.ts';
import { grantsOf } from './grants.ts';
import { attribute } from './sysfs.ts';
import { plugUsb, type UsbDevice, unplugAll, unplugUsb } from './usb.ts';

const rule = (name: string, guest: string, match: string) => `
- rule: ${name}
  match: { subsystem: usb, devtype: usb_device, ${match} }
  guest: ${guest}
  node: { path: /dev/${name} }
`;
const RULES = [
  rule('x', 'one', 'property: { ID_SERIAL_SHORT: TWIN-X }'),
  rule('y', 'two', 'property: { ID_SERIAL_SHORT: TWIN-Y }'),
  rule('left', 'one', 'attr: { product: QEMU USB Mouse }, port: "1-5"'),
  rule('right', 'one', 'attr: { product: QEMU USB Mouse }, port: "1-6"'),
  rule('reader', 'one', 'attr: { idVendor: "08e6" }'),
  rule('first', 'one', 'attr: { serial: RESTART-1 }'),
  rule('second', 'one', 'attr: { serial: RESTART-2 }'),
  rule('third', 'one', 'attr: { serial: RESTART-3 }'),
  rule('bad-cable', 'one', 'attr: { idVendor: "04a9" }'),
  `
- rule: hub
  match: { below: "1-3" }
  guest: two
  take: all
`,
].join('');
/** The line of an adapter, which may be handed over while somebody talks on it. */
const line = (guest: string) => `
- rule: line
  match: { subsystem: tty, parent: { attr: { serial: REASSIGNED } } }
  guest: ${guest}
  node: { path: /dev/line }
  unplug: term
`;
const PLUGS = 12;
const CYCLES = 30;
const SETTINGS = `damping: { plugs: ${PLUGS}, within: 10m, calm: 5s }`;

const adapter = (id: string, port: string, serial: string): UsbDevice => ({ id, driver: 'usb-serial', port, serial });
const mouse = (id: string, port: string): UsbDevice => ({ id, driver: 'usb-mouse', port });

describe('which USB device a guest has', () => {
  let scene: Scene;
  let one: SceneGuest;
  let two: SceneGuest;
  const plugged = new Set<string>();
  const plug = async (...devices: readonly UsbDevice[]) => {
    for (const device of devices) {
      plugged.add(device.id);
      await plugUsb(device);
    }
  };
  const unplug = async (...devices: readonly UsbDevice[]) => {
    for (const device of devices) {
      await unplugUsb(device);
      plugged.delete(device.id);
    }
  };
  const has = async (guest: SceneGuest, ...names: readonly string[]) => {
    const inside = await guest.inside();
    await eventually(() => expect(inside.names()).toEqual(names));
  };
  /** May open these nodes of its own, and nothing more. */
  const opensOnly = async (guest: SceneGuest, ...names: readonly string[]) => {
    const inside = await guest.inside();
    const numbers = () => names.map((name) => inside.node(`/dev/${name}`).split(' ')[0]?.replace(':', ' '));
    await eventually(() =>
      expect(grantsOf(guest.name)).toEqual(
        numbers()
          .map((number) => `${number} rw`)
          .sort(),
      ),
    );
  };
  /** The device behind a guest's node, by its folder in sysfs. */
  const behind = async (guest: SceneGuest, name: string) => {
    const inside = await guest.inside();
    const [number = ''] = inside.node(`/dev/${name}`).slice(2).split(' ');
    return realpathSync(`/sys/dev/char/${number}`);
  };
  const serialOf = async (guest: SceneGuest, name: string) => attribute(await behind(guest, name), 'serial');
  const portOf = async (guest: SceneGuest, name: string) => basename(await behind(guest, name));
  const refusals = async (guest: SceneGuest) => (await scene.agent.guest(guest.name)).refusals;
  const lastEvent = async () => (await scene.agent.events()).at(-1)?.number ?? 0;

  beforeAll(async () => {
    scene = await createScene({ rules: RULES + line('one'), settings: SETTINGS });
    one = await scene.guest('one');
    two = await scene.guest('two');
  });
  afterEach(async () => {
    await unplugAll([...plugged]);
    plugged.clear();
    await Promise.all([has(one), has(two)]);
  });
  afterAll(() => scene?.end());

  test('Two identical devices, told apart by serial: swapped between the ports, each guest keeps its own', async () => {
    const [x, y] = [adapter('x', '1', 'TWIN-X'), adapter('y', '2', 'TWIN-Y')];
    await plug(x, y);
    await Promise.all([has(one, 'x'), has(two, 'y')]);
    expect([await portOf(one, 'x'), await portOf(two, 'y')]).toEqual(['1-1', '1-2']);
    await unplug(x, y);
    await plug({ ...x, port: y.port }, { ...y, port: x.port });
    await eventually(async () => expect(await portOf(one, 'x')).toBe('1-2'));
    await eventually(async () => expect(await portOf(two, 'y')).toBe('1-1'));
    await Promise.all([has(one, 'x'), has(two, 'y')]);
    expect([await serialOf(one, 'x'), await serialOf(two, 'y')]).toEqual(['TWIN-X', 'TWIN-Y']);
    await Promise.all([opensOnly(one, 'x'), opensOnly(two, 'y')]);
  });

  test('Two identical devices without a serial, told apart by port: plugged in the other way round, each is where it was', async () => {
    const [left, right] = [mouse('left', '5'), mouse('right', '6')];
    await plug(left, right);
    await has(one, 'left', 'right');
    const numbers = (await one.inside()).node('/dev/left');
    await unplug(left, right);
    await plug(right, left);
    await eventually(async () => expect((await one.inside()).node('/dev/left')).not.toBe(numbers));
    await has(one, 'left', 'right');
    expect([await portOf(one, 'left'), await portOf(one, 'right')]).toEqual(['1-5', '1-6']);
  });

  test('Two identical devices where one is wanted: refused, both are named, neither is given', async () => {
    const reader = (port: string): UsbDevice => ({ id: `reader${port}`, driver: 'usb-ccid', port });
    await plug(reader('1'));
    await has(one, 'reader');
    await opensOnly(one, 'reader');
    await plug(reader('2'));
    await eventually(async () =>
      expect(await refusals(one)).toMatchObject([{ code: 'E_AMBIGUOUS', subject: 'one:reader' }]),
    );
    const [{ detail } = {}] = await refusals(one);
    expect(detail).toMatch(/^1-1 \(port 1-1, .*, 1-2 \(port 1-2, /);
    await has(one);
    expect(grantsOf('one')).toEqual([]);
    await unplug(reader('1'));
    await has(one, 'reader');
    expect(await portOf(one, 'reader')).toBe('1-2');
  });

  test('Subtree: a hub with three devices comes whole, and goes child first', async () => {
    const hub: UsbDevice = { id: 'hub', driver: 'usb-hub', port: '3' };
    const children = [adapter('h1', '3.1', 'HUB-1'), mouse('h2', '3.2'), mouse('h3', '3.3')];
    await plug(hub, ...children);
    const inside = await two.inside();
    const found = await eventually(async () => {
      const devices = (await scene.agent.devices()).filter(({ devpath, node }) => node && devpath.includes('/1-3/'));
      // Of each child its USB node; of the adapter its line; of each mouse two ways to hear of input, and the raw one.
      expect(devices).toHaveLength(3 + 1 + 2 * 3);
      return devices;
    });
    const nodes = found.map(({ node = '' }) => node.slice('/dev/'.length));
    await eventually(() => expect(inside.names()).toEqual(expect.arrayContaining(nodes)));
    const own = inside.names().filter((name) => !name.endsWith('/') && !nodes.includes(name));
    expect(own).toEqual([expect.stringMatching(/^bus\/usb\/001\//)]);
    const since = await lastEvent();
    const observer = observe(await two.initPid(), [...nodes, ...own]);
    await unplugUsb(hub); // QEMU takes out with it what is on it
    await has(two);
    expect(grantsOf('two')).toEqual([]);
    // The last of them is told of when it has been done.
    const removals = await eventually(async () => {
      const removed = (await scene.agent.events())
        .filter(({ number }) => number > since)
        .flatMap(({ says }) => [...says.matchAll(/\bremove \/dev\/(\S+) [bc]:/g)].map(([, name = '']) => name));
      expect([...removed].sort()).toEqual([...nodes, ...own].sort());
      return removed;
    });
    await eventually(() => expect(observer.gone()).toEqual(removals));
    const parents = found.map(({ node = '', devpath }) => ({ name: node.slice('/dev/'.length), devpath }));
    for (const { name, devpath } of parents) {
      const above = parents.filter((other) => devpath.startsWith(`${other.devpath}/`));
      for (const other of above) expect(removals.indexOf(name)).toBeLessThan(removals.indexOf(other.name));
    }
    expect(removals.at(-1)).toBe(own[0]);
  });

  test('Reassignment: who has the line open in the one guest is ended before the other guest has it, and never both have it', async () => {
    await plug(adapter('reassigned', '2', 'REASSIGNED'));
    await has(one, 'line');
    await one.attach('sh', '-c', 'exec sleep 1000 < /dev/line > /dev/null 2>&1 &');
    const holder = await eventually(() => holderOf('/dev/line'));
    const [left, right] = [await one.inside(), await two.inside()];
    try {
      scene.agent.rules(RULES + line('two'));
      const whenGiven = await eventually(() => {
        expect(right.names()).toEqual(['line']);
        return [isAlive(holder), left.names(), grantsOf('one')];
      });
      expect(whenGiven).toEqual([false, [], []]);
      expect(grantsOf('two')).toEqual(['c 188:0 rw']);
      await two.attach('dd', 'if=/dev/line', 'of=/dev/null', 'count=0');
    } finally {
      scene.agent.rules(RULES + line('one'));
    }
    await has(one, 'line');
    await has(two);
  });

  test('Missed events at restart: what happened while no agent ran is put right, without an error', async () => {
    const [first, second, third] = [
      adapter('first', '7', 'RESTART-1'),
      adapter('second', '8', 'RESTART-2'),
      adapter('third', '9', 'RESTART-3'),
    ] as const;
    await plug(first, third);
    await has(one, 'first', 'third');
    const former = (await one.inside()).node('/dev/third');
    await scene.agent.end('SIGKILL');
    await unplug(first, third);
    await plug(second, third);
    await scene.agent.start();
    await has(one, 'second', 'third');
    expect((await one.inside()).node('/dev/third')).not.toBe(former);
    expect([await serialOf(one, 'second'), await serialOf(one, 'third')]).toEqual(['RESTART-2', 'RESTART-3']);
    await opensOnly(one, 'second', 'third');
    expect((await scene.agent.events()).filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('Flap: a device that comes and goes is held off, which is told and counted, and is right when it is calm', async () => {
    const device = createGadget({ name: 'flapping', vendor: 0x04a9, product: 0x2220, functions: ['SourceSink'] });
    const since = await lastEvent();
    const inside = await one.inside();
    try {
      for (let cycle = 0; cycle < CYCLES; cycle += 1) {
        device.plug();
        await eventually(async () =>
          expect([...inside.names(), ...(await refusals(one)).map(({ code }) => code)]).toHaveLength(1),
        );
        device.unplug();
        await eventually(() => expect(existsSync('/sys/bus/usb/devices/3-1')).toBe(false));
        await has(one);
      }
      device.plug();
      await has(one, 'bad-cable');
      await eventually(async () => expect(await refusals(one)).toEqual([]));
    } finally {
      device.destroy();
    }
    await has(one);
    const events = (await scene.agent.events()).filter(({ number }) => number > since);
    const told = events.flatMap(({ kind, says }) => (kind === 'refusal' ? [says] : []));
    // A slow machine may let it be calm in between.
    expect(told.length).toBeGreaterThanOrEqual(1);
    for (const one of told) expect(one).toMatch(/^W_DEVICE_FLAPS .*not given until it is calm/);
    expect((await scene.agent.status()).counters.devices_damped_total).toBe(told.length);
    expect(events.filter(({ says }) => says.includes('make /dev/bad-cable')).length).toBeLessThan(CYCLES);
  });
});

/** Sees as whoever watches the folders in the guest in which order these names of its /dev go. */
function observe(initPid: number, names: readonly string[]) {
  const gone = new Set<string>();
  const watchers = [...new Set(names.map((name) => dirname(name)))].map((folder) =>
    watch(`/proc/${initPid}/root/dev/${folder}`, (kind, name) => {
      const path = join(folder, name ?? '');
      if (kind === 'rename' && names.includes(path)) gone.add(path);
    }),
  );
  onTestFinished(() => {
    for (const watcher of watchers) watcher.close();
  });
  return { gone: () => [...gone] };
}
