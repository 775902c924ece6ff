import { expect, test } from 'vitest';
import { parseUevent, parseUeventRefused, parseUeventsLost } from '../../native/node-udev/index.ts';
import { parseUdevRecord } from '../../native/node-udev/record.ts';

const ADDED = ['uevent', 'udev', 'add', '4242', 'usb', '/devices/pci0000:00/usb1/1-1', ''];

test('a uevent line becomes a hint', () => {
  expect(parseUevent(ADDED)).toEqual({
    group: 'udev',
    action: 'add',
    seqnum: 4242n,
    subsystem: 'usb',
    devpath: '/devices/pci0000:00/usb1/1-1',
  });
});

test('a move names the place before', () => {
  const moved = ['uevent', 'kernel', 'move', '1', 'net', '/devices/virtual/net/b', '/devices/virtual/net/a'];
  expect(parseUevent(moved)?.oldDevpath).toBe('/devices/virtual/net/a');
});

test.each([
  ['another kind', 0, 'changed'],
  ['another group', 1, 'guest'],
  ['an unknown action', 2, 'explode'],
  ['a name that every object has', 2, 'constructor'],
  ['no number', 3, '4x'],
  ['no subsystem', 4, ''],
  ['a relative path', 5, 'devices'],
])('a line with %s is no uevent', (_, index, word) => {
  expect(parseUevent(ADDED.with(index, word))).toBeUndefined();
});

test('a line with too few or too many words is no uevent', () => {
  expect(parseUevent(ADDED.slice(0, -1))).toBeUndefined();
  expect(parseUevent([...ADDED, 'x'])).toBeUndefined();
});

test('losses and refusals are told apart', () => {
  expect(parseUeventsLost(['uevents-lost', 'overflow'])).toBe('overflow');
  expect(parseUeventsLost(['uevents-lost', 'sender'])).toBeUndefined();
  expect(parseUeventRefused(['uevent-refused', 'injected', '812', '7'])).toEqual({
    reason: 'injected',
    pid: 812,
    count: 7,
  });
  expect(parseUeventRefused(['uevent-refused', 'overflow', '812', '7'])).toBeUndefined();
  expect(parseUeventRefused(['uevent-refused', 'injected', '', '7'])).toBeUndefined();
});

test("udev's record of a device gives its properties, tags and links", () => {
  const text = [
    'S:serial/by-id/usb-FTDI-if00-port0',
    'S:serial/by-path/pci-0000:00:14.0',
    'I:1234567',
    'E:ID_BUS=usb',
    'E:ID_SERIAL=a=b',
    'E:EMPTY=',
    'E:broken',
    'G:systemd',
    'Q:systemd',
    'V:1',
    '',
  ].join('\n');
  expect(parseUdevRecord(text)).toEqual({
    properties: { ID_BUS: 'usb', ID_SERIAL: 'a=b', EMPTY: '' },
    tags: ['systemd'],
    links: ['serial/by-id/usb-FTDI-if00-port0', 'serial/by-path/pci-0000:00:14.0'],
    initializedUsec: 1234567n,
  });
});

test('an empty record says nothing', () => {
  expect(parseUdevRecord('')).toEqual({ properties: {}, tags: [], links: [] });
});
