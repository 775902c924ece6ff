import { readdirSync } from 'node:fs';
import type { Device } from '../model/device.ts';
import type { DeviceReader } from '../ports/devices.ts';
import { devpathOf } from './sysfs.ts';
import { readDevice } from './sysfs-device.ts';
import { udevIsBusy, udevRuns } from './udevd.ts';

/** Reads the host's devices from sysfs and udev's database. Both belong to the host: no guest can write them. */
export const sysfsDevices: DeviceReader = {
  enumerate(asked) {
    const known = new Map<string, Device>();
    for (const link of candidates()) {
      const devpath = devpathOf(link);
      if (devpath === undefined || known.has(devpath)) continue;
      const device = readDevice(devpath, asked);
      if (device !== undefined) known.set(devpath, device);
    }
    return [...known.values()];
  },
  read: readDevice,
  udevRuns,
  udevIsBusy,
};

// Everything with a number, and the USB and network devices, which may have none.
const FOLDERS = ['/sys/dev/char', '/sys/dev/block', '/sys/bus/usb/devices', '/sys/class/net'];

function* candidates(): Generator<string> {
  for (const folder of FOLDERS) {
    for (const name of list(folder)) yield `${folder}/${name}`;
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no USB on this host, or no network namespace of ours
  }
}
