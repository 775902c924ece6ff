import type { Device } from '../model/device.ts';
import type { Inventory } from '../model/inventory.ts';

/**
 * The inventory after the kernel moved a device: what was below it moved along, without events of its own.
 * Only paths change; the rest of each device is as it was.
 */
export function moveSubtree(inventory: Inventory, from: string, to: string): Inventory {
  const moved = new Map<string, Device>();
  for (const device of inventory.values()) {
    const after = moveDevice(device, from, to);
    moved.set(after.devpath, after);
  }
  return moved;
}

function moveDevice(device: Device, from: string, to: string): Device {
  const devpath = movePath(device.devpath, from, to);
  if (devpath === device.devpath) return device;
  const ancestors = device.ancestors.map((entry) => ({ ...entry, devpath: movePath(entry.devpath, from, to) }));
  return { ...device, devpath, ancestors };
}

function movePath(path: string, from: string, to: string): string {
  return path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : path;
}
