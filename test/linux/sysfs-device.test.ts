import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sysfsDevices } from '../../src/linux/devices.ts';
import { readHostNode } from '../../src/linux/host-node.ts';
import { devpathOf, readAttribute, readUeventFile, subsystemOf } from '../../src/linux/sysfs.ts';
import { readDevice } from '../../src/linux/sysfs-device.ts';
import { addPartition, attachImage, detachImage, diskseqOf } from '../kernel/loop-image.ts';
import { plugLoop, unplugLoop } from '../scenarios/loop-number.ts';
import { onTestHost } from '../scenarios/namespace.ts';

const NULL = '/devices/virtual/mem/null';
const everything = { attrs: ['dev', 'address'], subsystems: 'all', ancestors: true } as const;

describe("this host's own sysfs", () => {
  test('/dev/null is as every kernel has it', () => {
    expect(readDevice(NULL, everything)).toMatchObject({
      devpath: NULL,
      sysname: 'null',
      subsystem: 'mem',
      attrs: { dev: '1:3' },
      number: { type: 'c', major: 1, minor: 3 },
      node: '/dev/null',
      hostNode: { mode: 0o666, owner: 'root', group: 'root' },
      properties: { MAJOR: '1', MINOR: '3', DEVNAME: 'null' },
      ancestors: [],
    });
  });

  test('the loopback interface is a device without a number and a node', () => {
    const lo = readDevice('/devices/virtual/net/lo', everything);
    expect(lo).toMatchObject({
      subsystem: 'net',
      attrs: { address: '00:00:00:00:00:00' },
      properties: { INTERFACE: 'lo' },
    });
    expect([lo?.number, lo?.node, lo?.hostNode]).toEqual([undefined, undefined, undefined]);
  });

  test('only what is asked for is read', () => {
    expect(readDevice(NULL, { ...everything, attrs: [] })?.attrs).toEqual({});
    expect(readDevice(NULL, { ...everything, subsystems: ['tty'] })).toBeUndefined();
    expect(readDevice(NULL, { ...everything, subsystems: ['tty', 'mem'] })?.sysname).toBe('null');
  });

  test.each(['/devices/virtual/mem/not-there', '/devices/virtual/mem', '/devices', ''])(
    '%s is no device',
    (devpath) => {
      expect(readDevice(devpath, everything)).toBeUndefined();
    },
  );

  test('every device is found once, each by its own path, and as it is when it is read alone', () => {
    const found = sysfsDevices.enumerate(everything);
    const paths = found.map(({ devpath }) => devpath);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths).toEqual(expect.arrayContaining([NULL, '/devices/virtual/net/lo']));
    for (const device of found.slice(0, 20)) expect(sysfsDevices.read(device.devpath, everything)).toEqual(device);
  });

  test('of an asked subsystem nothing else is found', () => {
    const found = sysfsDevices.enumerate({ ...everything, subsystems: ['mem'] });
    expect(new Set(found.map(({ subsystem }) => subsystem))).toEqual(new Set(['mem']));
  });

  test('facts are read as the kernel writes them, and nothing is read of what is not there', () => {
    expect(devpathOf('/sys/dev/char/1:3')).toBe(NULL);
    expect(readAttribute(NULL, 'dev')).toBe('1:3');
    expect(subsystemOf(NULL)).toBe('mem');
    expect(readUeventFile(NULL)).toMatchObject({ MAJOR: '1', MINOR: '3' });
    const nowhere = '/devices/nowhere';
    expect([
      devpathOf('/sys/dev/char/4095:9'),
      readAttribute(nowhere, 'dev'),
      subsystemOf(nowhere),
      readUeventFile(nowhere),
    ]).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('only a device node has permissions that count', () => {
    expect(readHostNode('/dev/null')).toEqual({ mode: 0o666, owner: 'root', group: 'root' });
    expect(readHostNode('/etc/passwd')).toBeUndefined();
    expect(readHostNode('/dev/not-there')).toBeUndefined();
  });
});

describe.skipIf(!onTestHost)("with a record in udev's database", () => {
  afterEach(() => rmSync('/run/udev/data', { recursive: true, force: true }));

  function record(id: string, ...lines: readonly string[]): void {
    mkdirSync('/run/udev/data', { recursive: true });
    writeFileSync(`/run/udev/data/${id}`, `${lines.join('\n')}\n`);
  }

  test('a device has the links, tags and properties that udev gave it', () => {
    record('c1:3', 'S:nothing/at-all', 'E:ID_SERIAL=a=b', 'E:MINOR=4', 'G:systemd', 'I:4711');
    const device = readDevice(NULL, everything);
    expect(device).toMatchObject({
      links: ['/dev/nothing/at-all'],
      tags: ['systemd'],
      properties: { ID_SERIAL: 'a=b', MINOR: '4', MAJOR: '1' },
      number: { type: 'c', major: 1, minor: 3 },
    });
    expect(device?.unrecorded).toBeUndefined();
  });

  test("one without is marked: what is here is the kernel's own", () => {
    record('c1:5', 'I:1');
    expect(readDevice(NULL, everything)).toMatchObject({ unrecorded: true, links: [], tags: [] });
  });

  test('a network interface is known to udev by its index', () => {
    record('n1', 'E:ID_NET_NAME=loop');
    expect(readDevice('/devices/virtual/net/lo', everything)?.properties.ID_NET_NAME).toBe('loop');
  });

  describe('of a disk', () => {
    const LOOP = 2430;
    let image: string;
    const read = (devpath = `/devices/virtual/block/loop${LOOP}`) => readDevice(devpath, everything);
    beforeAll(() => {
      image = join(mkdtempSync(join(tmpdir(), 'hostler-image-')), 'image');
    });
    afterAll(() => rmSync(dirname(image), { recursive: true }));
    beforeEach(() => {
      writeFileSync(image, '');
      truncateSync(image, 4 << 20);
      plugLoop(LOOP);
      attachImage(LOOP, image);
    });
    afterEach(async () => {
      if (existsSync(`/sys/block/loop${LOOP}/loop`)) await detachImage(LOOP);
      unplugLoop(LOOP);
    });

    test('its sequence number is known, and a partition has that of its disk', () => {
      addPartition(LOOP, 1, 2048, 1024);
      expect(read()?.diskseq).toBe(diskseqOf(LOOP));
      const partition = read(`/devices/virtual/block/loop${LOOP}/loop${LOOP}p1`);
      expect(partition).toMatchObject({ devtype: 'partition', diskseq: diskseqOf(LOOP) });
    });

    test('it counts as long as the disk is the same', async () => {
      record(`b7:${LOOP}`, `S:disk/by-diskseq/${diskseqOf(LOOP)}`, 'E:ID_FS_LABEL=data', 'I:1');
      expect(read()?.properties.ID_FS_LABEL).toBe('data');
      await detachImage(LOOP);
      expect(read()).toMatchObject({ diskseq: diskseqOf(LOOP) });
      expect(read()?.unrecorded).toBeUndefined();
      attachImage(LOOP, image);
      expect(read()).toMatchObject({ unrecorded: true, links: [] });
      expect(read()?.properties).not.toHaveProperty('ID_FS_LABEL');
    });

    test('one that names no disk counts always', () => {
      record(`b7:${LOOP}`, 'E:ID_FS_LABEL=data', 'I:1');
      expect(read()?.properties.ID_FS_LABEL).toBe('data');
    });
  });
});
