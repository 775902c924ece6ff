import type { Device } from '../model/device.ts';
import { isBelow } from './folders.ts';
import { usbDeviceOf } from './port.ts';

/** Buses whose devices are something that somebody plugs in or solders on, not merely a layer of the kernel. */
const BUSES: ReadonlySet<string> = new Set(
  'acpi amba ccw firewire hid i2c mmc pci pcmcia platform pnp scsi sdio serial-base serio spi virtio vmbus xen'.split(
    ' ',
  ),
);

/**
 * The DEVPATH of the physical device that a device is a part of: the USB device that it is or hangs on, which is never the
 * hub or root hub above that; else the nearest device of a bus; else its outermost ancestor, such as the disk of a
 * partition; else itself.
 */
export function physicalRoot({ devpath, subsystem, ancestors }: Pick<Device, 'devpath' | 'subsystem' | 'ancestors'>) {
  const onBus = () => [{ devpath, subsystem }, ...ancestors].find((entry) => BUSES.has(entry.subsystem));
  return usbDeviceOf(devpath) ?? (onBus() ?? ancestors.at(-1))?.devpath ?? devpath;
}

/** Whether a device of which nothing but its DEVPATH is known is a part of that physical device. */
export function isPartOf(devpath: string, root: string): boolean {
  if (devpath === root) return true;
  return isBelow(devpath, root) && (usbDeviceOf(devpath) ?? root) === root;
}
