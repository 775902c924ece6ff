import type { Device, SysfsEntry } from '../../src/model/device.ts';

const CONTROLLER = '/devices/pci0000:00/0000:00:14.0';
const PCI: SysfsEntry = {
  ...entry(CONTROLLER, 'pci'),
  driver: 'xhci_hcd',
  attrs: { vendor: '0x8086', device: '0x9d2f' },
};
const ROOT_HUB: SysfsEntry = {
  ...entry(`${CONTROLLER}/usb1`, 'usb'),
  devtype: 'usb_device',
  driver: 'usb',
  attrs: { idVendor: '1d6b', idProduct: '0002' },
};

/** A USB device on port 1-1.2, as udev 252 has it: ids in attributes and properties, every interface's class in one. */
export function usbDevice(
  [idVendor, idProduct]: readonly [string, string],
  interfaces: string,
  properties: Device['properties'] = {},
): Device {
  const ids = { ID_VENDOR_ID: idVendor, ID_MODEL_ID: idProduct, ID_BUS: 'usb', ID_USB_INTERFACES: interfaces };
  return {
    ...entry(`${CONTROLLER}/usb1/1-1/1-1.2`, 'usb'),
    devtype: 'usb_device',
    driver: 'usb',
    attrs: { idVendor, idProduct },
    ...node('bus/usb/001/007', 'c', 189, 6),
    properties: { DEVTYPE: 'usb_device', ...ids, ...properties },
    ancestors: [ROOT_HUB, PCI],
  };
}

/** Something that a driver made of interface 0 of a USB device; `path` is what follows 1-1.2:1.0. */
export function below(
  usb: Device,
  subsystem: string,
  path: string,
  ofNode: ReturnType<typeof node>,
  said: Partial<Device> = {},
): Device {
  const port = `${usb.devpath}/${usb.sysname}:1.0`;
  const usbInterface: SysfsEntry = {
    ...entry(port, 'usb'),
    devtype: 'usb_interface',
    attrs: { bInterfaceNumber: '00' },
  };
  return { ...alone(subsystem, `${port}/${path}`, ofNode, said), ancestors: [usbInterface, usb, ROOT_HUB, PCI] };
}

/** A device of something that is no USB device. */
export function alone(
  subsystem: string,
  devpath: string,
  ofNode: ReturnType<typeof node>,
  said: Partial<Device> = {},
): Device {
  return { ...entry(devpath, subsystem), properties: {}, ancestors: [], ...ofNode, ...said };
}

export function node(name: string, type: 'c' | 'b', major: number, minor: number) {
  return { node: `/dev/${name}`, number: { type, major, minor }, tags: [], links: [] } as const;
}

export function pciCard(slot: string, vendor: string, device: string): SysfsEntry {
  return { ...entry(`/devices/pci0000:00/${slot}`, 'pci'), attrs: { vendor, device } };
}

function entry(devpath: string, subsystem: string): SysfsEntry {
  return { devpath, sysname: devpath.slice(devpath.lastIndexOf('/') + 1), subsystem, attrs: {} };
}
