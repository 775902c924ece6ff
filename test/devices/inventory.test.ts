import { describe, expect, test } from 'vitest';
import { foldEnumeration, foldUevent, foldUevents } from '../../src/devices/inventory.ts';
import { inventoryOf, replugged, serial, uevent } from './make.ts';

const adapter = serial();
const hub = { ...adapter, devpath: '/devices/pci0000:00/0000:00:14.0/usb1/1-1', sysname: '1-1' };

describe('a uevent', () => {
  test('brings a new device', () => {
    const { inventory, changes } = foldUevent(inventoryOf(), uevent('add', adapter.devpath), adapter);
    expect(inventory).toEqual(inventoryOf(adapter));
    expect(changes).toEqual([{ devpath: adapter.devpath, after: adapter }]);
  });

  test('of a device that cannot be read any more is ignored', () => {
    const before = inventoryOf(hub);
    expect(foldUevent(before, uevent('add', adapter.devpath), undefined)).toEqual({ inventory: before, changes: [] });
  });

  test.each(['add', 'bind', 'change', 'unbind'] as const)(
    '%s of a layer between a device and its node, which is no device itself, leaves the node',
    (action) => {
      const before = inventoryOf(hub, adapter);
      const layer = adapter.devpath.slice(0, adapter.devpath.lastIndexOf('/tty/'));
      expect(adapter.devpath).toMatch(/^.*\/tty\/ttyUSB0$/);
      expect(foldUevent(before, uevent(action, layer), undefined).inventory).toBe(before);
    },
  );

  test('that changes nothing leaves the very same inventory', () => {
    const before = inventoryOf(adapter);
    expect(foldUevent(before, uevent('change', adapter.devpath), serial()).inventory).toBe(before);
  });

  test('replaces a device that came back under another number', () => {
    const again = serial({ number: { type: 'c', major: 188, minor: 7 } });
    const { changes } = foldUevent(inventoryOf(adapter), uevent('add', adapter.devpath), again);
    expect(changes).toEqual([{ devpath: adapter.devpath, before: adapter, after: again }]);
  });

  test('of a device that comes elsewhere than it was thought to while its module was not loaded leaves one', () => {
    const thought = serial({ devpath: '/devices/virtual/misc/tun', unloaded: true });
    const { inventory } = foldUevent(inventoryOf(thought, hub), uevent('add', adapter.devpath), adapter);
    expect(inventory).toEqual(inventoryOf(hub, adapter));
  });

  test('that removes a hub removes what was plugged into it, and nothing beside it', () => {
    const beside = serial({ devpath: `${hub.devpath}0/1-10:1.0/ttyUSB5` });
    const { inventory, changes } = foldUevent(
      inventoryOf(adapter, hub, beside),
      uevent('remove', hub.devpath),
      undefined,
    );
    expect(inventory).toEqual(inventoryOf(beside));
    expect(changes.map(({ devpath }) => devpath)).toEqual([hub.devpath, adapter.devpath]);
  });

  test('remove, taken late, keeps a device that is back', () => {
    const before = inventoryOf(adapter);
    expect(foldUevent(before, uevent('remove', adapter.devpath), adapter).inventory).toBe(before);
  });

  test('move takes along what is below, which the kernel says nothing of', () => {
    const to = hub.devpath.replace('usb1', 'usb9');
    const moved = { ...hub, devpath: to };
    const { inventory } = foldUevent(inventoryOf(hub, adapter), uevent('move', to, hub.devpath), moved);
    const below = inventory.get(adapter.devpath.replace('usb1', 'usb9'));
    expect(inventory.size).toBe(2);
    expect(below?.ancestors.map(({ devpath }) => devpath)).toEqual([`${to}/1-1.2`, to]);
  });
});

test('a move to a DEVPATH that was read before leaves what was read', () => {
  const to = `${adapter.devpath}-moved`;
  const moved = { ...adapter, devpath: to, tags: ['fresh'] };
  const { inventory } = foldUevent(inventoryOf(adapter, moved), uevent('move', to, adapter.devpath), { ...moved });
  expect(inventory).toEqual(inventoryOf(moved));
});

test('many events at once are as one after another', () => {
  const hints = [
    { uevent: uevent('add', adapter.devpath), read: adapter },
    { uevent: uevent('remove', hub.devpath) },
    { uevent: uevent('add', hub.devpath), read: hub },
  ];
  expect(foldUevents(inventoryOf(adapter), hints)).toEqual({
    inventory: inventoryOf(hub),
    changes: [
      { devpath: hub.devpath, after: hub },
      { devpath: adapter.devpath, before: adapter },
    ],
  });
});

test('an enumeration says what came, what went and what changed, and keeps what did not', () => {
  const [gone, changed, come] = [replugged(1), replugged(2), replugged(3)];
  const after = { ...changed, tags: [] };
  const { inventory, changes } = foldEnumeration(inventoryOf(adapter, gone, changed), [come, after, serial()]);
  expect(changes).toEqual([
    { devpath: gone.devpath, before: gone },
    { devpath: changed.devpath, before: changed, after },
    { devpath: come.devpath, after: come },
  ]);
  expect(inventory.get(adapter.devpath)).toBe(adapter);
});
