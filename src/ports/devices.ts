import type { Device } from '../model/device.ts';
import type { DiskNumber } from '../model/limit.ts';

/** Which facts of a device some rule asks for; the rest is not read. */
export interface Asked {
  /** Names of sysfs attributes. */
  readonly attrs: readonly string[];
  readonly subsystems: readonly string[] | 'all';
  /** Whether some rule asks for a device's ancestors. */
  readonly ancestors: boolean;
}

/** What a name of the host leads to. The kernel limits whole disks only: `of` is the one that a partition is of. */
export type NamedDisk =
  | { readonly kind: 'disk'; readonly number: DiskNumber }
  | { readonly kind: 'partition'; readonly of: string }
  | { readonly kind: 'absent' };

/** The host's devices as sysfs and the udev database have them now. */
export interface DeviceReader {
  enumerate(asked: Asked): readonly Device[];
  /** Undefined: it is gone, or is nothing that hostler looks at. */
  read(devpath: string, asked: Asked): Device | undefined;
  /** What a device is without its driver: one that the first open of its node would bring back. */
  readUnloaded(devpath: string, asked: Asked): Device | undefined;
  /** `name`: a path below /dev, also a link. */
  disk(name: string): NamedDisk;
  udevRuns(): boolean;
  /** udevd has events that it has not finished with. */
  udevIsBusy(): boolean;
}
