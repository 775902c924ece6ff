import { expect, test } from 'vitest';
import { assign } from '../../src/devices/assign.ts';
import { type FlapTable, flapsAfter, flapsWakeAt, holdOff, newlyHeld } from '../../src/devices/damping.ts';
import { desireGuest } from '../../src/devices/desire.ts';
import type { Damping } from '../../src/model/config.ts';
import type { Device } from '../../src/model/device.ts';
import type { Rule } from '../../src/model/rule.ts';
import { inventoryOf, replugged, rule, serial } from './make.ts';

const tty = rule('port', { match: { subsystem: ['tty'] } });
const POLICY: Damping = { plugs: 2, withinMs: 10_000, calmMs: 3_000 };

/** What is given, and what is told, when these devices are there at these times. */
function story(policy: Damping | 'off', rules: readonly Rule[] = [tty]) {
  let flaps: FlapTable = new Map();
  let inventory = inventoryOf();
  let count = 0;
  return {
    at(now: number, ...devices: readonly Device[]) {
      const all = assign(rules, inventoryOf(...devices));
      const after = flapsAfter(flaps, all, inventory, policy, now);
      count += newlyHeld(flaps, after).length;
      flaps = after;
      inventory = inventoryOf(...devices);
      const { nodes, refusals } = desireGuest(holdOff(all, flaps), 'web1');
      return [...nodes.map(({ number }) => number.minor), ...refusals.map(({ code, detail }) => `${code} ${detail}`)];
    },
    wakeAt: () => flapsWakeAt(flaps, policy),
    count: () => count,
    size: () => flaps.size,
  };
}

const HELD = 'W_DEVICE_FLAPS ttyUSB2 (port 1-1.2, serial A4008T7W) was plugged in 3 times in 10 s';

test('what is plugged in too often is held off until it is calm, whatever its number; then the last state is right', () => {
  const { at, wakeAt, count } = story(POLICY);
  expect(at(0, replugged(0))).toEqual([0]);
  expect(at(100)).toEqual([]);
  expect(at(200, replugged(1))).toEqual([1]);
  expect(at(300)).toEqual([]);
  expect(at(400, replugged(2))).toEqual([HELD]);
  expect(at(500)).toEqual([HELD]);
  expect(at(600, replugged(3))).toEqual([HELD]);
  expect(wakeAt()).toBe(3_600);
  expect(at(3_599, replugged(3))).toEqual([HELD]);
  expect(at(3_600, replugged(3))).toEqual([3]);
  expect([wakeAt(), count()]).toEqual([undefined, 1]);
});

test('what is away when calm returns is forgotten, and may come as often again', () => {
  const { at, size, count } = story(POLICY);
  for (let now = 0; now < 1_000; now += 200) {
    at(now, serial());
    at(now + 100);
  }
  expect(at(3_899)).toMatchObject([expect.stringMatching(/^W_DEVICE_FLAPS/)]);
  expect(at(3_900)).toEqual([]);
  expect(size()).toBe(0);
  expect(at(4_000, serial())).toEqual([0]);
  expect(at(4_100)).toEqual([]);
  expect(at(4_200, serial())).toEqual([0]);
  expect(count()).toBe(1);
});

test('plugs that are far enough apart are not too many', () => {
  const { at } = story(POLICY);
  for (let now = 0; now < 100_000; now += 5_000) {
    expect(at(now, serial())).toEqual([0]);
    at(now + 100);
  }
});

test('a neighbour is no flapping device: it is given meanwhile, and counted for itself', () => {
  const all: Rule = { ...tty, take: 'all' };
  const other = serial({
    devpath: '/devices/pci0000:00/usb1/1-7/tty/ttyUSB9',
    number: { type: 'c', major: 188, minor: 9 },
    node: '/dev/ttyUSB9',
  });
  const { at } = story(POLICY, [all]);
  for (let now = 0; now < 400; now += 200) {
    at(now, other, serial());
    at(now + 100, other);
  }
  expect(at(400, other, serial())).toEqual([9, expect.stringMatching(/^W_DEVICE_FLAPS ttyUSB0/)]);
});

test('several devices of one plug count as one', () => {
  const all: Rule = { ...tty, take: 'all' };
  const { at } = story(POLICY, [all]);
  expect(at(0, replugged(0))).toEqual([0]);
  expect(at(1, replugged(0), replugged(1))).toEqual([0, 1]);
  expect(at(2, replugged(0), replugged(1), replugged(2), replugged(3))).toEqual([0, 1, 2, 3]);
  expect(at(3, replugged(0))).toEqual([0]);
});

test('off means off', () => {
  const { at } = story('off');
  for (let now = 0; now < 10_000; now += 20) {
    expect(at(now, serial())).toEqual([0]);
    at(now + 10);
  }
});

test('a device that only changes is not plugged in', () => {
  const { at } = story(POLICY);
  for (let now = 0; now < 1_000; now += 100) {
    expect(at(now, serial({ properties: { TIME: `${now}` }, diskseq: `${now}` }))).toEqual([0]);
  }
});
