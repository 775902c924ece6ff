import type { DeviceReader } from '../../src/ports/devices.ts';
import type { Machine } from './machine.ts';

/** sysfs and udev's database of a machine in memory. */
export function fakeDevices(machine: Machine): DeviceReader {
  return {
    enumerate: ({ subsystems }) =>
      machine.devices.filter(({ subsystem }) => subsystems === 'all' || subsystems.includes(subsystem)),
    read: (devpath, { subsystems }) =>
      machine.devices.find(
        (device) => device.devpath === devpath && (subsystems === 'all' || subsystems.includes(device.subsystem)),
      ),
    udevRuns: () => machine.udevRuns,
    udevIsBusy: () => machine.udevIsBusy,
  };
}
