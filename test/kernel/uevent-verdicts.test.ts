import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { fixture } from './listening.ts';
import { DISK, kernelUevent, type Properties, udevUevent } from './uevent-bytes.ts';

/** Port, groups, uid and pid as the kernel gives them with a datagram. */
const FROM_KERNEL = ['kernel', '0', '1', '0', '0'];
const FROM_UDEVD = ['udev', '812', '2', '0', '812'];
const NOBODY = '4294967295';

const judge = (from: readonly string[], bytes: Buffer): string[] =>
  execFileSync(fixture('judge'), from, { input: bytes, encoding: 'utf8' }).trimEnd().split('\n');
const verdict = (from: readonly string[], bytes: Buffer): string | undefined => judge(from, bytes)[0];
const kernel = (changes: Properties): string | undefined => verdict(FROM_KERNEL, kernelUevent({ ...DISK, ...changes }));

test('what the kernel and udevd send is accepted and taken apart', () => {
  const expected = ['accepted', 'add', '4242', 'block', '/devices/virtual/block/forged'];
  expect(judge(FROM_KERNEL, kernelUevent(DISK))).toEqual(expected);
  expect(judge(FROM_UDEVD, udevUevent({ ...DISK, DEVNAME: '/dev/forged' }))).toEqual(expected);
});

test('a move names both places', () => {
  const moved = { ...DISK, ACTION: 'move', DEVPATH_OLD: '/devices/virtual/block/before' };
  expect(judge(FROM_KERNEL, kernelUevent(moved)).at(-1)).toBe('/devices/virtual/block/before');
});

test.each([
  ['port of a process', ['kernel', '812', '1', '0', '0'], 'sender'],
  ['another user', ['kernel', '0', '1', '65534', '0'], 'sender'],
  ['no credentials', ['kernel', '0', '1', NOBODY, '0'], 'sender'],
  ['credentials of a process', ['kernel', '0', '1', '0', '812'], 'injected'],
  ['the udev group on the kernel socket', ['kernel', '0', '2', '0', '0'], 'sender'],
  ['no group at all', ['kernel', '812', '0', '0', '812'], 'unicast'],
])('a kernel uevent with %s is refused', (_, from, reason) => {
  expect(verdict(from, kernelUevent(DISK))).toBe(reason);
});

test.each([
  ['from another user', ['udev', '812', '2', '1000', '812'], 'sender'],
  ['without a port', ['udev', '0', '2', '0', '812'], 'sender'],
  ['to one socket', ['udev', '812', '0', '0', '812'], 'unicast'],
])('a udev message %s is refused', (_, from, reason) => {
  expect(verdict(from, udevUevent(DISK))).toBe(reason);
});

test.each([
  ['ACTION', '', 'header'],
  ['ACTION', 'explode', 'header'],
  ['SEQNUM', '', 'header'],
  ['SEQNUM', '-1', 'header'],
  ['SEQNUM', '99999999999999999999', 'header'],
  ['DEVPATH', 'devices/virtual', 'name'],
  ['DEVPATH', '/devices/../../etc', 'name'],
  ['DEVPATH', '/devices/\u0001', 'name'],
  ['DEVPATH_OLD', '/devices/..', 'name'],
  ['DEVPATH_OLD', '', 'name'],
  ['DEVNAME', '../etc/passwd', 'name'],
  ['DEVNAME', 'bus/../../etc', 'name'],
  ['DEVNAME', 'sda\nDEVNAME=sdb', 'name'],
  ['DEVNAME', '', 'name'],
  ['SUBSYSTEM', '', 'name'],
  ['SUBSYSTEM', 'block/x', 'name'],
  ['SUBSYSTEM', 'bl\u007fock', 'name'],
])('%s=%j is refused', (key, value, reason) => {
  expect(kernel({ [key]: value })).toBe(reason);
});

test('two dots inside a name are no way up', () => {
  expect(kernel({ DEVNAME: 'a..b/..c/d..' })).toBe('accepted');
});

test('a serial with a newline is of no consequence: properties are not passed on', () => {
  const told = judge(FROM_KERNEL, kernelUevent({ ...DISK, ID_SERIAL: 'x\nDEVPATH=/devices/other\n' }));
  expect(told).toEqual(judge(FROM_KERNEL, kernelUevent(DISK)));
});

test.each(['ACTION', 'DEVPATH', 'SUBSYSTEM'])('a message without %s is refused', (key) => {
  const { [key]: _, ...without } = DISK;
  expect(verdict(FROM_UDEVD, udevUevent(without))).toBe('header');
});

test('a key that counts may not come twice', () => {
  const twice = Buffer.concat([kernelUevent(DISK), Buffer.from('DEVPATH=/devices/other\0')]);
  expect(verdict(FROM_KERNEL, twice)).toBe('header');
});

test('the header must say what the properties say', () => {
  const bytes = kernelUevent(DISK);
  bytes.write('xdd@');
  expect(verdict(FROM_KERNEL, bytes)).toBe('header');
});

test('a message cut short anywhere is refused, and nothing behind its end is read', () => {
  for (const [from, whole] of [
    [FROM_KERNEL, kernelUevent(DISK)],
    [FROM_UDEVD, udevUevent(DISK)],
  ] as const) {
    for (let length = 0; length < whole.length; length += 7)
      expect(verdict(from, whole.subarray(0, length))).toMatch(/^(short|header)$/);
  }
});

test.each([
  ['prefix', (bytes: Buffer) => bytes.write('libudex', 0), 'magic'],
  ['magic number', (bytes: Buffer) => bytes.writeUInt32BE(1, 8), 'magic'],
  ['header size', (bytes: Buffer) => bytes.writeUInt32LE(8, 12), 'header'],
  ['offset before the end of the header', (bytes: Buffer) => bytes.writeUInt32LE(4, 16), 'header'],
  ['offset behind the end', (bytes: Buffer) => bytes.writeUInt32LE(0xffffffff, 16), 'short'],
  ['length that does not fit', (bytes: Buffer) => bytes.writeUInt32LE(0xffffffff, 20), 'short'],
])('a udev header with a wrong %s is refused', (_, spoil, reason) => {
  const bytes = udevUevent(DISK);
  spoil(bytes);
  expect(verdict(FROM_UDEVD, bytes)).toBe(reason);
});
