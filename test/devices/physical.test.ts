import { expect, test } from 'vitest';
import { isPartOf, physicalRoot } from '../../src/devices/physical.ts';

const PCI = '/devices/pci0000:00/0000:00:14.0';
const ATA = '/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0';

/** From DEVPATHs with subsystems, the device first. */
function device([[devpath, subsystem], ...ancestors]: readonly [
  readonly [string, string],
  ...(readonly [string, string])[],
]) {
  const entries = ancestors.map(([path, of]) => ({ devpath: path, sysname: '', subsystem: of, attrs: {} }));
  return { devpath, subsystem, ancestors: entries };
}

test.each([
  [
    'a USB device is its own',
    device([
      [`${PCI}/usb1/1-3`, 'usb'],
      [PCI, 'pci'],
    ]),
    `${PCI}/usb1/1-3`,
  ],
  ['its interface', device([[`${PCI}/usb1/1-3/1-3:1.0`, 'usb']]), `${PCI}/usb1/1-3`],
  ['a serial line on USB', device([[`${PCI}/usb1/1-3/1-3:1.0/ttyUSB0/tty/ttyUSB0`, 'tty']]), `${PCI}/usb1/1-3`],
  [
    'the HID below it',
    device([
      [`${PCI}/usb1/1-3/1-3:1.2/0003:046D:0825.0007/hidraw/hidraw3`, 'hidraw'],
      [`${PCI}/usb1/1-3/1-3:1.2/0003:046D:0825.0007`, 'hid'],
    ]),
    `${PCI}/usb1/1-3`,
  ],
  [
    'a partition of a stick',
    device([
      [`${PCI}/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0/block/sda/sda1`, 'block'],
      [`${PCI}/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0`, 'scsi'],
    ]),
    `${PCI}/usb2/2-1`,
  ],
  [
    'what is plugged into a hub is not the hub',
    device([[`${PCI}/usb1/1-3/1-3.2/1-3.2:1.1/sound/card1/pcmC1D0p`, 'sound']]),
    `${PCI}/usb1/1-3/1-3.2`,
  ],
  ['the hub is a device of its own', device([[`${PCI}/usb1/1-3`, 'usb']]), `${PCI}/usb1/1-3`],
  [
    'a root hub is a part of its controller',
    device([
      [`${PCI}/usb1`, 'usb'],
      [PCI, 'pci'],
    ]),
    PCI,
  ],
  [
    'a sound card on PCI',
    device([
      ['/devices/pci0000:00/0000:00:1f.3/sound/card0/pcmC0D0p', 'sound'],
      ['/devices/pci0000:00/0000:00:1f.3/sound/card0', 'sound'],
      ['/devices/pci0000:00/0000:00:1f.3', 'pci'],
    ]),
    '/devices/pci0000:00/0000:00:1f.3',
  ],
  [
    'a card behind a bridge',
    device([
      ['/devices/pci0000:00/0000:00:01.0/0000:01:00.0/drm/renderD128', 'drm'],
      ['/devices/pci0000:00/0000:00:01.0/0000:01:00.0', 'pci'],
      ['/devices/pci0000:00/0000:00:01.0', 'pci'],
    ]),
    '/devices/pci0000:00/0000:00:01.0/0000:01:00.0',
  ],
  [
    'one of several disks of a controller',
    device([
      [`${ATA}/block/sda/sda1`, 'block'],
      [`${ATA}/block/sda`, 'block'],
      [ATA, 'scsi'],
      ['/devices/pci0000:00/0000:00:17.0', 'pci'],
    ]),
    ATA,
  ],
  [
    'a line of the board',
    device([
      ['/devices/platform/serial8250/serial8250:0/serial8250:0.1/tty/ttyS1', 'tty'],
      ['/devices/platform/serial8250/serial8250:0/serial8250:0.1', 'serial-base'],
      ['/devices/platform/serial8250', 'platform'],
    ]),
    '/devices/platform/serial8250/serial8250:0/serial8250:0.1',
  ],
  [
    'a gamepad by radio',
    device([
      ['/devices/virtual/misc/uhid/0005:054C:09CC.0004/hidraw/hidraw0', 'hidraw'],
      ['/devices/virtual/misc/uhid/0005:054C:09CC.0004', 'hid'],
      ['/devices/virtual/misc/uhid', 'misc'],
    ]),
    '/devices/virtual/misc/uhid/0005:054C:09CC.0004',
  ],
  [
    'a partition of a loop device',
    device([
      ['/devices/virtual/block/loop0/loop0p1', 'block'],
      ['/devices/virtual/block/loop0', 'block'],
    ]),
    '/devices/virtual/block/loop0',
  ],
  ['a loop device', device([['/devices/virtual/block/loop0', 'block']]), '/devices/virtual/block/loop0'],
  [
    'an input that a program made',
    device([
      ['/devices/virtual/input/input5/event3', 'input'],
      ['/devices/virtual/input/input5', 'input'],
    ]),
    '/devices/virtual/input/input5',
  ],
  ['what is made of nothing', device([['/devices/virtual/mem/null', 'mem']]), '/devices/virtual/mem/null'],
])('%s', (_, device, root) => {
  expect(physicalRoot(device)).toBe(root);
});

test.each([
  [`${PCI}/usb1/1-3`, `${PCI}/usb1/1-3`, true],
  [`${PCI}/usb1/1-3/1-3:1.0/ttyUSB0`, `${PCI}/usb1/1-3`, true],
  [`${PCI}/usb1/1-3/1-3.2`, `${PCI}/usb1/1-3`, false],
  [`${PCI}/usb1/1-3/1-3.2/1-3.2:1.0`, `${PCI}/usb1/1-3`, false],
  [`${PCI}/usb1/1-30`, `${PCI}/usb1/1-3`, false],
  [`${PCI}/usb1/1-3`, PCI, false],
  [`${PCI}/usb1`, PCI, true],
  ['/devices/virtual/block/loop0/loop0p1', '/devices/virtual/block/loop0', true],
  ['/devices/virtual/block/loop01', '/devices/virtual/block/loop0', false],
])('%s as a part of %s: %s', (devpath, root, is) => {
  expect(isPartOf(devpath, root)).toBe(is);
});
