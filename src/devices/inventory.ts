import type { Device } from '../model/device.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Uevent } from '../model/uevent.ts';
import { moveSubtree } from './move.ts';
import { sameValue } from './same.ts';

/** One device that is no longer as it was: `before` absent when it is new, `after` absent when it is gone. */
export interface DeviceChange {
  readonly devpath: string;
  readonly before?: Device;
  readonly after?: Device;
}

export interface Fold {
  /** The very same value when nothing changed. */
  readonly inventory: Inventory;
  /** Sorted by DEVPATH. */
  readonly changes: readonly DeviceChange[];
}

/**
 * What a uevent makes of the inventory. `read` is the device as sysfs and udev have it now, undefined when there is none.
 * The event only says where to look: a `remove` that comes late, when the device is back, keeps the device, and any order
 * of the same events ends in the same inventory. A device that is gone takes everything below it along.
 */
export function foldUevent(inventory: Inventory, uevent: Uevent, read: Device | undefined): Fold {
  if (uevent.oldDevpath !== undefined) return foldMove(inventory, uevent.devpath, uevent.oldDevpath, read);
  return read ? foldPresent(inventory, read) : foldAbsent(inventory, uevent.devpath);
}

/** What a full enumeration makes of the inventory. */
export function foldEnumeration(inventory: Inventory, devices: readonly Device[]): Fold {
  return foldTo(inventory, new Map(devices.map((device) => [device.devpath, device])));
}

function foldPresent(inventory: Inventory, after: Device): Fold {
  const before = inventory.get(after.devpath);
  if (before && sameValue(before, after)) return { inventory, changes: [] };
  const next = new Map(inventory).set(after.devpath, after);
  return { inventory: next, changes: [{ devpath: after.devpath, ...(before && { before }), after }] };
}

function foldAbsent(inventory: Inventory, devpath: string): Fold {
  const below = `${devpath}/`;
  const gone = [...inventory.values()].filter(
    (device) => device.devpath === devpath || device.devpath.startsWith(below),
  );
  if (gone.length === 0) return { inventory, changes: [] };
  const next = new Map(inventory);
  for (const device of gone) next.delete(device.devpath);
  return { inventory: next, changes: sortChanges(gone.map((before) => ({ devpath: before.devpath, before }))) };
}

function foldMove(inventory: Inventory, devpath: string, oldDevpath: string, read: Device | undefined): Fold {
  const moved = new Map(moveSubtree(inventory, oldDevpath, devpath));
  if (read) moved.set(devpath, read);
  return foldTo(inventory, read ? moved : foldAbsent(moved, devpath).inventory);
}

/** Equal devices keep their identity, so that a further comparison is cheap. */
function foldTo(before: Inventory, wanted: Inventory): Fold {
  const next = new Map<string, Device>();
  const changes: DeviceChange[] = [];
  for (const [devpath, device] of wanted) {
    const known = before.get(devpath);
    const same = known !== undefined && sameValue(known, device);
    next.set(devpath, same ? known : device);
    if (!same) changes.push({ devpath, ...(known && { before: known }), after: device });
  }
  for (const [devpath, device] of before) if (!wanted.has(devpath)) changes.push({ devpath, before: device });
  return changes.length === 0 ? { inventory: before, changes } : { inventory: next, changes: sortChanges(changes) };
}

function sortChanges(changes: readonly DeviceChange[]): readonly DeviceChange[] {
  return changes.toSorted((a, b) => (a.devpath < b.devpath ? -1 : 1));
}
