import type { Device } from '../../src/model/device.ts';
import type { DeviceNumber } from '../../src/model/number.ts';

const BUS = '/devices/pci0000:00/0000:00:14.0/usb1';

/** The DEVPATH of what is plugged in at a port of bus 1: `1-3.2` hangs on the hub at `1-3`. */
export function rootAt(port: string): string {
  const [bus = '', ports = ''] = port.split('-');
  const chain = ports.split('.').map((_, depth, all) => `${bus}-${all.slice(0, depth + 1).join('.')}`);
  return `${BUS}/${chain.join('/')}`;
}

/** A webcam with a microphone and a button: a USB node, two of video, two of sound, one of HID, and three interfaces. */
export function webcam(port: string, unit = 0): readonly Device[] {
  const root = rootAt(port);
  const inside = (number: number, path: string) => `${root}/${port}:1.${number}/${path}`;
  return [
    usbDevice(port, 10 + unit, { idVendor: '046d', idProduct: '0825', bNumInterfaces: ' 3' }, `C${unit}`),
    ...[0, 1, 2].map((number) => usbInterface(port, number)),
    part(inside(0, `video4linux/video${2 * unit}`), 'video4linux', char(81, 2 * unit)),
    part(inside(0, `video4linux/video${2 * unit + 1}`), 'video4linux', char(81, 2 * unit + 1)),
    part(inside(1, `sound/card${unit}/controlC${unit}`), 'sound', char(116, 2 * unit), 'snd/'),
    part(inside(1, `sound/card${unit}/pcmC${unit}D0c`), 'sound', char(116, 2 * unit + 1), 'snd/'),
    part(inside(2, `0003:046D:0825.000${unit}/hidraw/hidraw${unit}`), 'hidraw', char(240, unit)),
  ];
}

/** A hub, which is a device of its own with one interface. */
export function hub(port: string): readonly Device[] {
  const attrs = { idVendor: '05e3', idProduct: '0608', bNumInterfaces: ' 1' };
  return [usbDevice(port, 2, attrs), usbInterface(port, 0)];
}

/** The nodes' paths, sorted. */
export function pathsOf(devices: readonly Device[]): readonly string[] {
  return devices.flatMap(({ node }) => node ?? []).sort();
}

function usbDevice(port: string, minor: number, attrs: Readonly<Record<string, string>>, serial?: string): Device {
  const number = char(189, minor);
  const device = part(rootAt(port), 'usb', number);
  const properties = serial === undefined ? {} : { ID_SERIAL: `Logitech_C270_${serial}`, ID_SERIAL_SHORT: serial };
  const node = `/dev/bus/usb/001/${String(minor + 1).padStart(3, '0')}`;
  return { ...device, devtype: 'usb_device', attrs, properties, node };
}

function usbInterface(port: string, number: number): Device {
  const { number: _, node: __, ...rest } = part(`${rootAt(port)}/${port}:1.${number}`, 'usb', char(0, 0));
  return { ...rest, devtype: 'usb_interface' };
}

function part(devpath: string, subsystem: string, number: DeviceNumber, folder = ''): Device {
  const sysname = devpath.slice(devpath.lastIndexOf('/') + 1);
  return {
    devpath,
    sysname,
    subsystem,
    attrs: {},
    number,
    node: `/dev/${folder}${sysname}`,
    properties: {},
    tags: [],
    links: [],
    ancestors: [],
  };
}

function char(major: number, minor: number): DeviceNumber {
  return { type: 'c', major, minor };
}
