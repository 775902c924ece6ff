import { expect, test } from 'vitest';
import { newsAt, newsOf } from '../../src/devices/news.ts';
import type { Device } from '../../src/model/device.ts';
import { serial } from './make.ts';

const number = { type: 'c', major: 188, minor: 0 } as const;

function news(said: Partial<Device> = {}) {
  return newsOf({ ...serial(said), number });
}

test('a guest hears what the kernel says and what udev found out, each for itself', () => {
  const properties = { MAJOR: '188', MINOR: '0', DEVNAME: 'ttyUSB0', PRODUCT: '403/6001', ID_SERIAL: 'A 1' };
  const { kernel, udev } = news({ properties, kernelKeys: ['MAJOR', 'MINOR', 'DEVNAME', 'PRODUCT'] });
  expect(newsAt({ ...news(), kernel }, '/dev/modem', []).kernel).toEqual({
    DEVPATH: serial().devpath,
    SUBSYSTEM: 'tty',
    MAJOR: '188',
    MINOR: '0',
    DEVNAME: 'modem',
    PRODUCT: '403/6001',
  });
  expect(udev).toEqual({ ID_SERIAL: 'A 1' });
});

test.each([
  ['SYSTEMD_WANTS', 'a.service'],
  ['UDISKS_IGNORE', '1'],
  ['ID_SEAT', 'seat0'],
  ['DEVLINKS', '/dev/serial/by-id/a'],
  ['ACTION', 'add'],
  ['SEQNUM', '7'],
  ['ID_PATH_OF_HOST', '/dev/ttyUSB0'],
  ['ID_MODEL', 'two\nlines'],
  ['ID_MODEL', 'escape\u001b[1m'],
  ['ID MODEL', 'a'],
  ['A=B', 'a'],
])('and not what is for this host only, or what no message can carry: %s=%s', (key, value) => {
  const { kernel, udev } = news({ properties: { [key]: value, ID_BUS: 'usb' }, kernelKeys: [] });
  expect(udev).toEqual({ ID_BUS: 'usb' });
  expect(kernel).not.toHaveProperty(key);
});

test("tags of the host's own services stay here, those of somebody's rules do not", () => {
  const tags = ['systemd', 'seat', 'uaccess', 'snap_a_b', 'scanner', 'a:b', '..'];
  expect(news({ tags }).tags).toEqual(['scanner']);
});

test('links are those that the guest has', () => {
  expect(newsAt(news(), '/dev/ttyUSB0', ['/dev/modem']).links).toEqual(['/dev/modem']);
});

test('however much a device has to say, there is room for the messages', () => {
  const long = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`ID_${index}`, 'é'.repeat(90)]));
  const { kernel, udev } = news({ properties: { ...long, K: 'é'.repeat(900) }, kernelKeys: ['K'] });
  expect(bytesOf(udev)).toBeLessThanOrEqual(4000);
  expect(bytesOf(udev)).toBeGreaterThan(3700);
  expect(kernel).not.toHaveProperty('K');
});

function bytesOf(properties: Readonly<Record<string, string>>): number {
  return Object.entries(properties).reduce((sum, [key, value]) => sum + Buffer.byteLength(`${key}=${value}`) + 1, 0);
}
