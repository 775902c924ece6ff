import type { Device } from '../model/device.ts';
import type { Inventory } from '../model/inventory.ts';
import { isBelow } from './folders.ts';

/** What becomes of one DEVPATH; without a device it is gone. */
export type Edit = readonly [devpath: string, device?: Device];

/**
 * What becomes of the devices at and below a DEVPATH that the kernel moved: what was below moved along, without events of
 * its own. Only paths change; the rest of each device is as it was.
 */
export function movedSubtree(inventory: Inventory, from: string, to: string): readonly Edit[] {
  const edits: Edit[] = [];
  for (const [devpath, device] of inventory) {
    if (devpath !== from && !isBelow(devpath, from)) continue;
    const after = moveDevice(device, from, to);
    edits.push([devpath], [after.devpath, after]);
  }
  return edits;
}

function moveDevice(device: Device, from: string, to: string): Device {
  const ancestors = device.ancestors.map((entry) => ({ ...entry, devpath: movePath(entry.devpath, from, to) }));
  return { ...device, devpath: movePath(device.devpath, from, to), ancestors };
}

function movePath(path: string, from: string, to: string): string {
  return path === from || isBelow(path, from) ? to + path.slice(from.length) : path;
}
