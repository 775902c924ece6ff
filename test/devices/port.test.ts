import { expect, test } from 'vitest';
import { portOf, portsUpward } from '../../src/devices/port.ts';

test.each([
  ['a device on a hub', '/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.2', '1-1.2'],
  ['an interface', '/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.2/1-1.2:1.0', '1-1.2'],
  ['what hangs on an interface', '/devices/pci0000:00/usb1/1-1/1-1.2/1-1.2:1.0/ttyUSB0/tty/ttyUSB0', '1-1.2'],
  ['a port with two digits', '/devices/platform/vhci_hcd.0/usb12/12-10', '12-10'],
  ['a root hub has none', '/devices/pci0000:00/0000:00:14.0/usb1', undefined],
  ['nor has its interface', '/devices/pci0000:00/0000:00:14.0/usb1/1-0:1.0', undefined],
  ['an I2C address is none', '/devices/pci0000:00/i2c-0/0-0050', undefined],
  ['an I2C address behind USB is none either', '/devices/pci0000:00/usb1/1-1/1-1:1.0/i2c-7/7-0050', '1-1'],
  ['nothing on USB', '/devices/virtual/block/loop0', undefined],
])('%s', (_, devpath, port) => {
  expect(portOf(devpath)).toBe(port);
});

test('above a port are the ports of its hubs', () => {
  expect(portsUpward('1-1.2.3')).toEqual(['1-1.2.3', '1-1.2', '1-1']);
});
