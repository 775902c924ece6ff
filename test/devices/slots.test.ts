import { describe, expect, test } from 'vitest';
import { assign } from '../../src/devices/assign.ts';
import { desireGuest } from '../../src/devices/desire.ts';
import { bindSlots, type Slots, slotsAfter, slotsWakeAt } from '../../src/devices/slots.ts';
import type { Device } from '../../src/model/device.ts';
import type { Rule } from '../../src/model/rule.ts';
import { inventoryOf, rule } from './make.ts';

/** One firmware of a device that is plugged into a port. */
function usb(port: string, product: string, minor: number): Device {
  return {
    devpath: `/devices/pci0000:00/usb1/${port}`,
    sysname: port,
    subsystem: 'usb',
    devtype: 'usb_device',
    attrs: { idVendor: '0627', idProduct: product },
    number: { type: 'c', major: 189, minor },
    node: `/dev/bus/usb/001/00${minor}`,
    properties: {},
    tags: [],
    links: [],
    ancestors: [],
  };
}

const any = rule('any', { match: { attr: { idVendor: ['0627'] } }, exclusive: true });
const LOADER = usb('1-1', '0001', 1);
const TABLET = usb('1-1', '0002', 2);
const TWIN = usb('1-2', '0001', 3);

/** What the guest is given, and why not more, when these devices are there at these times. */
function told(steps: readonly (readonly [now: number, ...devices: Device[]])[], rules: readonly Rule[] = [any]) {
  let slots: Slots = new Map();
  return steps.map(([now, ...devices]) => {
    const all = assign(rules, inventoryOf(...devices));
    slots = slotsAfter(slots, all, now);
    const { nodes, refusals } = desireGuest(bindSlots(all, slots, now), 'web1');
    return [...nodes.map(({ number }) => number.minor), ...refusals.map(({ code }) => code)];
  });
}

describe('the second after a rule has lost its device', () => {
  test('belongs to the port: another firmware takes the slot although a twin came first', () => {
    const steps = told([[0, LOADER], [10], [100, TWIN], [300, TWIN, TABLET]]);
    expect(steps).toEqual([[1], [], ['W_SLOT'], [2, 'W_SLOT']]);
  });

  test('ends: then the ordinary choice is made', () => {
    expect(told([[0, LOADER], [10], [100, TWIN], [1009, TWIN], [1010, TWIN]])).toEqual([
      [1],
      [],
      ['W_SLOT'],
      ['W_SLOT'],
      [3],
    ]);
    expect(told([[0, LOADER], [10], [300, TWIN, TABLET], [1010, TWIN, TABLET]]).at(-1)).toEqual(['E_AMBIGUOUS']);
  });

  test('begins although the twin is seen in the same moment', () => {
    expect(
      told([
        [0, LOADER],
        [10, TWIN],
        [20, TWIN, TABLET],
      ]),
    ).toEqual([[1], ['W_SLOT'], [2, 'W_SLOT']]);
  });

  test('begins again each time that the device goes', () => {
    const steps = told([[0, LOADER], [10], [500, TABLET], [900], [1500, TWIN], [1899, TWIN, LOADER], [1900, LOADER]]);
    expect(steps).toEqual([[1], [], [2], [], ['W_SLOT'], [1, 'W_SLOT'], [1]]);
  });

  test('is no matter of devices that never were given', () => {
    expect(
      told([
        [0, LOADER, TWIN],
        [10, TWIN],
      ]),
    ).toEqual([['E_AMBIGUOUS'], [3]]);
  });

  test('is no matter of a rule that was changed meanwhile', () => {
    const other: Rule = { ...any, match: { attr: { idProduct: ['0001'] } } };
    let slots = slotsAfter(new Map(), assign([any], inventoryOf(LOADER)), 0);
    slots = slotsAfter(slots, assign([other], inventoryOf(TWIN)), 10);
    expect(slots.get('any')).toMatchObject({ port: '1-2', isHeld: true });
  });

  test('is no matter of a rule that takes all, nor of a device without a port', () => {
    const all: Rule = { ...any, take: 'all' };
    expect(
      told(
        [
          [0, LOADER],
          [10, TWIN],
        ],
        [all],
      ),
    ).toEqual([[1], [3]]);
    const loop = (name: string, minor: number): Device => ({ ...usb('', '', minor), devpath: `/devices/${name}` });
    expect(
      told([
        [0, loop('a', 1)],
        [10, loop('b', 2)],
      ]),
    ).toEqual([[1], [2]]);
  });

  test('lets nobody else in: what another guest has for itself stays with that guest', () => {
    const theirs = rule('theirs', { match: { port: ['1-2'] }, guests: ['web2'], exclusive: true });
    const steps = told(
      [
        [0, LOADER, TWIN],
        [10, TWIN],
        [300, TWIN, TABLET],
      ],
      [theirs, any],
    );
    expect(steps).toEqual([[1, 'E_CONFLICT'], ['E_CONFLICT'], [2, 'E_CONFLICT']]);
  });

  test('keeps what waits from other rules too', () => {
    const shared = rule('shared', { match: { attr: { idVendor: ['0627'] } }, guests: ['web*'] });
    const rules = [any, shared];
    let slots: Slots = new Map();
    for (const [now, devices] of [
      [0, [LOADER]],
      [10, [TWIN]],
    ] as const) {
      const all = assign(rules, inventoryOf(...devices));
      slots = slotsAfter(slots, all, now);
      const bound = bindSlots(all, slots, now);
      expect(desireGuest(bound, 'web2').nodes).toEqual([]);
    }
  });

  test('is waited for', () => {
    let slots = slotsAfter(new Map(), assign([any], inventoryOf(LOADER)), 0);
    expect(slotsWakeAt(slots, 0)).toBe(undefined);
    slots = slotsAfter(slots, assign([any], inventoryOf()), 10);
    expect(slotsWakeAt(slots, 10)).toBe(1010);
    slots = slotsAfter(slots, assign([any], inventoryOf()), 1010);
    expect(slots.size).toBe(0);
  });
});

describe('identical devices', () => {
  const serialOf = (device: Device, serial: string): Device => ({ ...device, properties: { ID_SERIAL_SHORT: serial } });

  test('are told apart by their serial', () => {
    const mine: Rule = { ...any, match: { ...any.match, property: { ID_SERIAL_SHORT: ['B'] } } };
    expect(told([[0, serialOf(LOADER, 'A'), serialOf(TWIN, 'B')]], [mine])).toEqual([[3]]);
  });

  test('are told apart by their port', () => {
    const mine: Rule = { ...any, match: { ...any.match, port: ['1-2'] } };
    expect(told([[0, LOADER, TWIN]], [mine])).toEqual([[3]]);
  });

  test('are refused otherwise, both with their names', () => {
    const { refusals } = desireGuest(assign([any], inventoryOf(serialOf(LOADER, 'A'), TWIN)), 'web1');
    expect(refusals).toMatchObject([{ code: 'E_AMBIGUOUS', detail: '1-1 (port 1-1, serial A), 1-2 (port 1-2)' }]);
  });
});
