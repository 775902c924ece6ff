import type { Device } from '../model/device.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Uevent } from '../model/uevent.ts';
import { isBelow } from './folders.ts';
import { type Edit, movedSubtree } from './move.ts';
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

/** A uevent, and the device as sysfs and udev have it by now; `read` absent when there is none. */
export interface Hint {
  readonly uevent: Uevent;
  readonly read?: Device | undefined;
}

export function foldUevent(inventory: Inventory, uevent: Uevent, read: Device | undefined): Fold {
  return foldUevents(inventory, [{ uevent, read }]);
}

/**
 * What uevents make of the inventory; many at once cost one copy of it. An event only says where to look: a `remove` that
 * comes late, when the device is back, keeps the device, and any order of the same events ends in the same inventory.
 * A device that is removed takes everything below it along.
 */
export function foldUevents(inventory: Inventory, hints: readonly Hint[]): Fold {
  let next: Map<string, Device> | undefined;
  const touched = new Set<string>();
  for (const { uevent, read } of hints) {
    for (const [devpath, device] of editsOf(next ?? inventory, uevent, read)) {
      next ??= new Map(inventory);
      if (device) next.set(devpath, device);
      else next.delete(devpath);
      touched.add(devpath);
    }
  }
  return folded(inventory, next ?? inventory, touched);
}

/** What a full enumeration makes of the inventory. A device that is as before keeps its identity. */
export function foldEnumeration(inventory: Inventory, devices: readonly Device[]): Fold {
  const next = new Map<string, Device>();
  for (const device of devices) {
    const known = inventory.get(device.devpath);
    next.set(device.devpath, known && sameValue(known, device) ? known : device);
  }
  return folded(inventory, next, new Set([...inventory.keys(), ...next.keys()]));
}

function editsOf(now: Inventory, uevent: Uevent, read: Device | undefined): readonly Edit[] {
  const { devpath, oldDevpath } = uevent;
  const moved = oldDevpath === undefined ? [] : movedSubtree(now, oldDevpath, devpath);
  if (!read) return [...moved.map(([path]): Edit => [path]), ...goneEdits(now, uevent)];
  const known = now.get(devpath);
  const isKnown = moved.length === 0 && known !== undefined && sameValue(known, read);
  return isKnown ? [] : [...moved, ...(known ? [] : forerunnerEdits(now, read)), [devpath, read]];
}

/** What stood for the device while its module was not loaded, where that was thought to come elsewhere. */
function forerunnerEdits(now: Inventory, { devpath, number }: Device): readonly Edit[] {
  const isForerunner = (one: Device) => one.unloaded && one.devpath !== devpath && sameValue(one.number, number);
  return [...now.values()].filter(isForerunner).map((one): Edit => [one.devpath]);
}

// What is no device that can be given, such as a driver's layer between a device and its nodes, cannot be read either: only its
// removal says that nothing is below it.
function goneEdits(now: Inventory, { action, devpath }: Uevent): readonly Edit[] {
  const gone: Edit[] = now.has(devpath) ? [[devpath]] : [];
  if (action !== 'remove') return gone;
  for (const path of now.keys()) if (isBelow(path, devpath)) gone.push([path]);
  return gone;
}

function folded(before: Inventory, after: Inventory, touched: ReadonlySet<string>): Fold {
  const changes = [...touched].sort().flatMap((devpath) => changeOf(devpath, before.get(devpath), after.get(devpath)));
  return { inventory: changes.length === 0 ? before : after, changes };
}

function changeOf(devpath: string, before: Device | undefined, after: Device | undefined): readonly DeviceChange[] {
  if (sameValue(before, after)) return [];
  return [{ devpath, ...(before && { before }), ...(after && { after }) }];
}
