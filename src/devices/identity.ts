import type { Device } from '../model/device.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Rule } from '../model/rule.ts';
import { portOf, usbDeviceOf } from './port.ts';
import { isUsable } from './usable.ts';

/** The key under which the guest's own changes of a node are remembered: the rule's name, and which part of which device where it takes several. */
export function memoryKey(rule: Rule, device: Device): string {
  if (rule.take === 'one') return rule.name;
  return [rule.name, identityOf(device), ...partOf(device)].join(' ');
}

/** What tells a part of a physical device from its siblings, and is the same after a replug: `1.0 ttyUSB#`. */
function partOf({ devpath, sysname, subsystem, properties }: Device): readonly string[] {
  const usb = usbDeviceOf(devpath);
  if (devpath === usb) return [];
  if (subsystem === 'block') return [properties.PARTN === undefined ? 'disk' : `partition ${properties.PARTN}`];
  const usbInterface = usb && /^\/[^/]*:(\d+\.\d+)/.exec(devpath.slice(usb.length))?.[1];
  return [...(usbInterface === undefined ? [] : [usbInterface]), sysname.replaceAll(/\d+/g, '#')];
}

/** Whose comings and goings are counted together: what a rule takes at one port, with one serial, or else at one DEVPATH. */
export function flapKey(rule: Rule, device: Device): string {
  return `${rule.name} ${portOf(device.devpath) ?? uniqueOf(device) ?? device.devpath}`;
}

/** What tells one plugging of a device from the next in a ledger: its DEVPATH, and for block devices the sequence number. */
export function pluggedAs(device: Device): string {
  return device.diskseq === undefined ? device.devpath : `${device.devpath} ${device.diskseq}`;
}

/** Whether the drive or device that was plugged in then is still there, whatever disk is in it by now. */
export function isPlugged(inventory: Inventory, plugged: string): boolean {
  return inventory.has(plugged) || inventory.has(driveOf(plugged));
}

/** Who holds a drive open reads whatever disk is put into it: the sequence number tells the disks apart, not the drives. */
export function isSameDrive(plugged: string, other: string): boolean {
  return driveOf(plugged) === driveOf(other);
}

function driveOf(plugged: string): string {
  return plugged.replace(/ \d+$/, '');
}

/** A device for people who have to tell it from its twin: `ttyUSB0 (port 1-1.2, serial FTDI_FT232R_A4)`. */
export function deviceText(device: Device): string {
  const port = portOf(device.devpath);
  const serial = property(device, 'ID_SERIAL_SHORT') ?? property(device, 'ID_SERIAL');
  const marks = [port && `port ${port}`, serial && `serial ${serial}`].filter((mark) => mark !== undefined);
  return marks.length === 0 ? device.sysname : `${device.sysname} (${marks.join(', ')})`;
}

/** The same before and after a replug, as far as the device allows. */
function identityOf(device: Device): string {
  return uniqueOf(device) ?? portOf(device.devpath) ?? property(device, 'ID_SERIAL') ?? device.sysname;
}

// Without a short serial, udev's ID_SERIAL is vendor and model: the same for every twin.
function uniqueOf(device: Device): string | undefined {
  return property(device, 'ID_SERIAL_SHORT') === undefined ? undefined : property(device, 'ID_SERIAL');
}

function property(device: Device, name: string): string | undefined {
  const value = Object.hasOwn(device.properties, name) ? device.properties[name] : undefined;
  return value !== undefined && value !== '' && isUsable(value) ? value : undefined;
}
