import type { DeviceNumber } from './number.ts';

/** What a device and each of its ancestors have in common: the facts that a match can ask for. */
export interface SysfsEntry {
  /** Path below /sys with a leading slash, as the kernel writes DEVPATH: the identity of a plugged device. */
  readonly devpath: string;
  readonly sysname: string;
  readonly subsystem: string;
  readonly devtype?: string;
  readonly driver?: string;
  /** sysfs attributes that some rule asks for, trailing newline cut. */
  readonly attrs: Readonly<Record<string, string>>;
}

/** One entry of the host's udev database that has a device number or is a USB or network device. */
export interface Device extends SysfsEntry {
  readonly number?: DeviceNumber;
  /** The node's path on the host, `/dev/bus/usb/001/004`; absent for a device without a node. */
  readonly node?: string;
  /** udev's properties, or the kernel's own where udev does not run. */
  readonly properties: Readonly<Record<string, string>>;
  /** Which of them are the kernel's own. */
  readonly kernelKeys?: readonly string[];
  /** When udev first finished with it, microseconds of the monotonic clock. */
  readonly initializedUsec?: string;
  readonly tags: readonly string[];
  /** udev's links, `/dev/serial/by-id/...`. */
  readonly links: readonly string[];
  /** From the parent to the root. */
  readonly ancestors: readonly SysfsEntry[];
  /** Block devices: grows with every use of the same number; tells a re-used number from the old one. */
  readonly diskseq?: string;
  /** udev has no record of it, or not yet: what else is here is the kernel's own and may not be final. */
  readonly unrecorded?: true;
  /** Its module is not loaded: sysfs does not know it yet, the first open of its node loads it. */
  readonly unloaded?: true;
  /** The host node's permissions when udev had finished. Names, since numbers mean nothing in a guest. */
  readonly hostNode?: HostNode;
}

export interface HostNode {
  /** Permission bits, 0o660. */
  readonly mode: number;
  /** Name on the host, or the number as text where the host has no name for it. */
  readonly owner: string;
  readonly group: string;
}
