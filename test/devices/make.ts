import type { Device, SysfsEntry } from '../../src/model/device.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import type { GuestLedger } from '../../src/model/ledger.ts';
import type { Rule } from '../../src/model/rule.ts';
import type { Uevent } from '../../src/model/uevent.ts';

/** A rule that takes one device for one guest, but for what is said. */
export function rule(name: string, said: Partial<Rule> = {}): Rule {
  return {
    name,
    place: { file: 'rules/test.yaml', line: 1, column: 3 },
    match: {},
    guests: ['web1'],
    exclusive: false,
    take: 'one',
    access: 'rw',
    node: {},
    links: [],
    when: { kind: 'optional' },
    unplug: 'keep',
    ...said,
  };
}

export const HUB: SysfsEntry = {
  devpath: '/devices/pci0000:00/0000:00:14.0/usb1/1-1',
  sysname: '1-1',
  subsystem: 'usb',
  devtype: 'usb_device',
  driver: 'usb',
  attrs: { idVendor: '1d6b', idProduct: '0104' },
};

export const ADAPTER: SysfsEntry = {
  devpath: `${HUB.devpath}/1-1.2`,
  sysname: '1-1.2',
  subsystem: 'usb',
  devtype: 'usb_device',
  driver: 'usb',
  attrs: { idVendor: '0403', idProduct: '6001', serial: 'A4008T7W' },
};

/** A serial adapter on port 1-1.2, but for what is said. */
export function serial(said: Partial<Device> = {}): Device {
  return {
    devpath: `${ADAPTER.devpath}/1-1.2:1.0/ttyUSB0/tty/ttyUSB0`,
    sysname: 'ttyUSB0',
    subsystem: 'tty',
    attrs: {},
    number: { type: 'c', major: 188, minor: 0 },
    node: '/dev/ttyUSB0',
    properties: { ID_SERIAL: 'FTDI_FT232R_A4008T7W', ID_SERIAL_SHORT: 'A4008T7W', ID_BUS: 'usb' },
    tags: ['systemd'],
    links: ['/dev/serial/by-id/usb-FTDI_FT232R_A4008T7W-if00-port0'],
    ancestors: [ADAPTER, HUB],
    hostNode: { mode: 0o660, owner: 'root', group: 'dialout' },
    ...said,
  };
}

/** The same adapter after a replug: another number, another path. */
export function replugged(minor: number): Device {
  return serial({
    devpath: `${ADAPTER.devpath}/1-1.2:1.0/ttyUSB${minor}/tty/ttyUSB${minor}`,
    sysname: `ttyUSB${minor}`,
    number: { type: 'c', major: 188, minor },
    node: `/dev/ttyUSB${minor}`,
  });
}

export function inventoryOf(...devices: readonly Device[]): Inventory {
  return new Map(devices.map((device) => [device.devpath, device]));
}

export function emptyLedger(): GuestLedger {
  return { instance: '4711:12345', nodes: [], links: [], folders: [], grants: [], released: [], corrections: {} };
}

export function uevent(action: Uevent['action'], devpath: string, oldDevpath?: string): Uevent {
  const subsystem = 'tty';
  return { group: 'udev', action, seqnum: 1n, subsystem, devpath, ...(oldDevpath !== undefined && { oldDevpath }) };
}
