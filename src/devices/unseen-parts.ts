import type { Inventory } from '../model/inventory.ts';
import type { Group } from '../model/node.ts';
import { parentOf } from './folders.ts';
import { isPartOf } from './physical.ts';

/**
 * What of a physical device is still to come, for people: parts that the kernel announced and udev has not finished with,
 * and where all parts are wanted the interfaces that the USB device says it has and nobody has seen.
 */
export function unseenParts({ root, whole }: Group, inventory: Inventory, owed: Iterable<string>): readonly string[] {
  const announced = [...owed].filter((devpath) => isPartOf(devpath, root)).map(nameOf);
  return [...announced.sort(), ...(whole ? unseenInterfaces(root, inventory) : [])];
}

function unseenInterfaces(root: string, inventory: Inventory): readonly string[] {
  const told = inventory.get(root)?.attrs.bNumInterfaces;
  if (told === undefined) return [];
  if (told.trim() === '') return ['its interfaces']; // it has no configuration (yet)
  const seen = [...inventory.values()].filter(
    ({ devpath, devtype }) => devtype === 'usb_interface' && parentOf(devpath) === root,
  );
  const unseen = Number(told) - seen.length;
  return unseen > 0 ? [`${unseen} of ${Number(told)} interfaces`] : [];
}

function nameOf(devpath: string): string {
  return devpath.slice(devpath.lastIndexOf('/') + 1);
}
