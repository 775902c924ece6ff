import { basename, dirname } from 'node:path';
import type { UdevRecord } from 'node-udev/record';
import type { Device, SysfsEntry } from '../model/device.ts';
import type { DeviceNumber } from '../model/number.ts';
import type { Asked } from '../ports/devices.ts';
import { readHostNode } from './host-node.ts';
import { hasAttribute, readAttribute, readUeventFile, subsystemOf } from './sysfs.ts';
import { readUdevRecord, type UdevKey } from './udev-database.ts';

/** What lies above devices, by DEVPATH; null: only a folder. Many devices that are read at once lie below the same few. */
export type Above = Map<string, SysfsEntry | null>;

/** Undefined: it is gone, or has neither a number nor is a USB or network device, or no rule asks for its subsystem. */
export function readDevice(devpath: string, asked: Asked, above: Above = new Map()): Device | undefined {
  const subsystem = subsystemOf(devpath);
  if (subsystem === undefined || !isAsked(subsystem, asked)) return undefined;
  const uevent = readUeventFile(devpath);
  if (uevent === undefined) return undefined;
  const number = numberOf(subsystem, uevent);
  if (number === undefined && subsystem !== 'usb' && subsystem !== 'net') return undefined;

  // Before everything else: whatever is read afterwards is of this disk, or of a later one that nothing is given of.
  const diskseq = diskseqOf(devpath, uevent);
  const udev = recordOf(devpath, { subsystem, sysname: sysnameOf(devpath), number, ifindex: uevent.IFINDEX }, diskseq);
  const node = uevent.DEVNAME === undefined ? undefined : `/dev/${uevent.DEVNAME}`;
  const hostNode = node === undefined ? undefined : readHostNode(node);
  return {
    ...entryOf(devpath, subsystem, uevent, asked),
    ...(number && { number }),
    ...(node && { node }),
    ...(hostNode && { hostNode }),
    ...(udev === undefined && { unrecorded: true }),
    ...(diskseq && { diskseq }),
    properties: { ...uevent, ...udev?.properties },
    kernelKeys: Object.keys(uevent),
    ...initializedOf(udev),
    tags: udev?.tags ?? [],
    links: (udev?.links ?? []).map((link) => `/dev/${link}`),
    ancestors: ancestorsOf(devpath, asked, above),
  };
}

// Of a partition some kernels say it in its disk only.
function diskseqOf(devpath: string, { DISKSEQ, DEVTYPE }: Readonly<Record<string, string>>): string | undefined {
  return DISKSEQ ?? (DEVTYPE === 'partition' ? readAttribute(dirname(devpath), 'diskseq') : undefined);
}

/** Undefined also where the record is of what the number was before: its labels say nothing of what is in the disk now. */
function recordOf(devpath: string, key: UdevKey, diskseq: string | undefined): UdevRecord | undefined {
  const record = readUdevRecord(key);
  if (record === undefined || diskseq === undefined) return record;
  const recorded = record.links.find((link) => link.startsWith(BY_DISKSEQ))?.slice(BY_DISKSEQ.length);
  const isOther = recorded !== undefined && recorded !== diskseq;
  // A disk that was emptied is counted on after the last word about it.
  return isOther && readAttribute(devpath, 'size') !== '0' ? undefined : record;
}

const BY_DISKSEQ = 'disk/by-diskseq/';

function initializedOf(udev: UdevRecord | undefined): Pick<Device, 'initializedUsec'> {
  return udev?.initializedUsec === undefined ? {} : { initializedUsec: String(udev.initializedUsec) };
}

export function isAsked(subsystem: string, { subsystems }: Asked): boolean {
  return subsystems === 'all' || subsystems.includes(subsystem);
}

function numberOf(subsystem: string, uevent: Readonly<Record<string, string>>): DeviceNumber | undefined {
  if (uevent.MAJOR === undefined || uevent.MINOR === undefined) return undefined;
  return { type: subsystem === 'block' ? 'b' : 'c', major: Number(uevent.MAJOR), minor: Number(uevent.MINOR) };
}

function entryOf(
  devpath: string,
  subsystem: string,
  uevent: Readonly<Record<string, string>>,
  asked: Asked,
): SysfsEntry {
  return {
    devpath,
    sysname: sysnameOf(devpath),
    subsystem,
    ...(uevent.DEVTYPE && { devtype: uevent.DEVTYPE }),
    ...(uevent.DRIVER && { driver: uevent.DRIVER }),
    attrs: attributesOf(devpath, asked.attrs),
  };
}

function attributesOf(devpath: string, names: readonly string[]): Readonly<Record<string, string>> {
  const attrs: Record<string, string> = {};
  for (const name of names) {
    const value = hasAttribute(devpath, name) ? readAttribute(devpath, name) : undefined;
    if (value !== undefined) attrs[name] = value;
  }
  return attrs;
}

function ancestorsOf(devpath: string, asked: Asked, above: Above): readonly SysfsEntry[] {
  const ancestors: SysfsEntry[] = [];
  if (!asked.ancestors) return ancestors;
  for (let path = dirname(devpath); path.length > '/devices'.length; path = dirname(path)) {
    const known = above.get(path);
    const entry = known === undefined ? ancestorAt(path, asked) : known;
    above.set(path, entry);
    if (entry !== null) ancestors.push(entry);
  }
  return ancestors;
}

function ancestorAt(path: string, asked: Asked): SysfsEntry | null {
  const subsystem = subsystemOf(path);
  return subsystem === undefined ? null : entryOf(path, subsystem, readUeventFile(path) ?? {}, asked);
}

// The kernel writes a slash in a name as an exclamation mark: cciss!c0d0.
function sysnameOf(devpath: string): string {
  return basename(devpath).replaceAll('!', '/');
}
