import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const USB = '/sys/bus/usb/devices';

/** A sysfs attribute of a device; throws when it has none, or is gone. */
export function attribute(folder: string, name: string): string {
  return readFileSync(join(folder, name), 'utf8').trimEnd();
}

/** The folders of all USB devices, hubs among them. */
export function usbFolders(): readonly string[] {
  return readdirSync(USB)
    .filter((name) => !name.includes(':')) // an interface of one
    .map((name) => join(USB, name));
}

/** Where the host has a USB device, by its folder in sysfs: `/dev/bus/usb/001/004`. */
export function usbNode(folder: string): string {
  const [bus = '', device = ''] = ['busnum', 'devnum'].map((name) => attribute(folder, name).padStart(3, '0'));
  return `/dev/bus/usb/${bus}/${device}`;
}
