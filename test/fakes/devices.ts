import { numberText } from '../../src/model/number.ts';
import type { Asked, DeviceReader } from '../../src/ports/devices.ts';
import type { Machine } from './machine.ts';

/** sysfs and udev's database of a machine in memory. */
export function fakeDevices(machine: Machine): DeviceReader {
  const plugged = (asked: Asked) => machine.devices.filter(isAsked(asked));
  const unloaded = (asked: Asked) => machine.unloaded.filter(isAsked(asked));
  const readUnloaded = (devpath: string, asked: Asked) => unloaded(asked).find((one) => one.devpath === devpath);
  return {
    enumerate(asked) {
      const numbers = plugged(asked).map(({ number }) => number && numberText(number));
      return [
        ...plugged(asked),
        ...unloaded(asked).filter(({ number }) => !numbers.includes(number && numberText(number))),
      ];
    },
    read: (devpath, asked) => plugged(asked).find((one) => one.devpath === devpath) ?? readUnloaded(devpath, asked),
    readUnloaded,
    disk: (name) => machine.disks.get(name) ?? { kind: 'absent' },
    udevRuns: () => machine.udevRuns,
    udevIsBusy: () => machine.udevIsBusy,
  };
}

function isAsked({ subsystems }: Asked) {
  return ({ subsystem }: { readonly subsystem: string }) => subsystems === 'all' || subsystems.includes(subsystem);
}
