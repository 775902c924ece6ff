import type { News } from './news.ts';
import type { Access, DeviceNumber } from './number.ts';
import type { Unplug } from './rule.ts';

/** Owner as the guest counts: numbers of its own passwd and group files. */
export interface Ownership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What a rule states of a node's ownership; what is absent belongs to the guest. */
export interface StatedOwnership {
  readonly mode?: number;
  readonly owner?: string;
  readonly group?: string;
}

/** A device file as one guest should have it. */
export interface DesiredNode {
  /** Inside the guest, absolute: `/dev/bus/usb/001/004`. */
  readonly path: string;
  readonly number: DeviceNumber;
  readonly access: Access;
  readonly rule: string;
  /** The host's device: its DEVPATH, and DISKSEQ for block devices. */
  readonly device: string;
  /** Of a block device: under another one the number is another disk's, and nothing was decided for that. */
  readonly diskseq?: string;
  readonly links: readonly string[];
  readonly stated: StatedOwnership;
  /** Where nothing is stated and nothing is remembered. */
  readonly initial: { readonly mode: number; readonly owner: string; readonly group: string };
  /** The initial ownership is not final: udev has no record of the device yet. */
  readonly early?: true;
  /** The key under which a change made in the guest is remembered across replugs. */
  readonly memory: string;
  readonly unplug: Unplug;
  /** Absent: the rule says that the guest is not told, or there is nothing yet to tell of. */
  readonly news?: News;
  /** The kernel does not have the device before somebody opens the node. */
  readonly unloaded?: true;
  /** Absent: the rule takes one device. */
  readonly group?: Group;
}

/** The nodes of one rule and one physical device: the guest has all of them, or none. */
export interface Group {
  /** The physical device's DEVPATH. */
  readonly root: string;
  /** The physical device for people. */
  readonly text: string;
  /** Every part of the device belongs to it, not only what matches. */
  readonly whole?: true;
}

/** A link or folder that stands for nodes of a guest. */
export interface OwnedLink {
  readonly path: string;
  readonly target: string;
}
