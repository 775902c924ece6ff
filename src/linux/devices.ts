import { readdirSync } from 'node:fs';
import type { Device } from '../model/device.ts';
import { numberText } from '../model/number.ts';
import type { Asked, DeviceReader } from '../ports/devices.ts';
import { namedDisk } from './named-disk.ts';
import { staticDevice, staticDevices } from './static-devices.ts';
import { devpathOf } from './sysfs.ts';
import { type Above, isAsked, readDevice } from './sysfs-device.ts';
import { udevIsBusy, udevRuns } from './udevd.ts';

/** Reads the host's devices from sysfs and udev's database. Both belong to the host: no guest can write them. */
export const sysfsDevices: DeviceReader = {
  enumerate(asked) {
    const known = new Map<string, Device>();
    const above: Above = new Map();
    for (const link of candidates()) {
      const devpath = devpathOf(link);
      if (devpath === undefined || known.has(devpath)) continue;
      const device = readDevice(devpath, asked, above);
      if (device !== undefined) known.set(devpath, device);
    }
    return [...known.values(), ...unloaded(known, asked)];
  },
  read: (devpath, asked) => readDevice(devpath, asked) ?? readUnloaded(devpath, asked),
  readUnloaded,
  disk: namedDisk,
  udevRuns,
  udevIsBusy,
};

// By number: where a device of such a number is, whatever its path is, it is the one.
function unloaded(known: ReadonlyMap<string, Device>, asked: Asked): readonly Device[] {
  const numbers = new Set([...known.values()].flatMap(({ number }) => (number ? numberText(number) : [])));
  return staticDevices().filter(
    ({ subsystem, number }) => isAsked(subsystem, asked) && !(number && numbers.has(numberText(number))),
  );
}

function readUnloaded(devpath: string, asked: Asked): Device | undefined {
  const device = staticDevice(devpath);
  return device && isAsked(device.subsystem, asked) ? device : undefined;
}

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
