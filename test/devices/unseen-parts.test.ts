import { expect, test } from 'vitest';
import { unseenParts } from '../../src/devices/unseen-parts.ts';
import type { Device } from '../../src/model/device.ts';
import { inventoryOf } from './make.ts';
import { hub, rootAt, webcam } from './webcam.ts';

const cam = webcam('1-3.2');
const root = rootAt('1-3.2');
const group = { root, text: 'cam' };

function without(...names: readonly string[]): readonly Device[] {
  return cam.filter(({ sysname }) => !names.includes(sysname));
}

function saying(bNumInterfaces: string): readonly Device[] {
  return cam.map((one) => (one.devpath === root ? { ...one, attrs: { bNumInterfaces } } : one));
}

test.each([
  ['everything is there', cam, [], []],
  ['one interface is not', without('1-3.2:1.1'), [], ['1 of 3 interfaces']],
  ['it has no configuration yet', saying(''), [], ['its interfaces']],
  ['it has more interfaces than it says', saying(' 2'), [], []],
  ['udev owes a part', cam, [`${root}/1-3.2:1.0/ttyUSB0/tty/ttyUSB0`], ['ttyUSB0']],
  ['udev owes the device itself', [], [root], ['1-3.2']],
  ['udev owes what is plugged in elsewhere', cam, [rootAt('1-3'), rootAt('1-3.2.1'), rootAt('1-3.21')], []],
] as const)('a whole device, when %s', (_, devices, owed, unseen) => {
  expect(unseenParts({ ...group, whole: true }, inventoryOf(...devices), owed)).toEqual(unseen);
});

test('of a device of which not everything is wanted, no interface is missed', () => {
  expect(unseenParts(group, inventoryOf(...without('1-3.2:1.0')), [])).toEqual([]);
  expect(unseenParts(group, inventoryOf(), [`${root}/1-3.2:1.0`])).toEqual(['1-3.2:1.0']);
});

test("the interfaces of what hangs on a hub are not the hub's", () => {
  const devices = [...hub('1-3').slice(0, 1), ...cam];
  const group = { root: rootAt('1-3'), text: 'hub', whole: true } as const;
  expect(unseenParts(group, inventoryOf(...devices), [])).toEqual(['1 of 1 interfaces']);
});
