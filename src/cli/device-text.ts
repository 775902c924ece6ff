import { portOf } from '../devices/port.ts';
import { numberText } from '../model/number.ts';
import type { DeviceView } from '../ports/agent.ts';

export function deviceNumber(device: DeviceView): string {
  return device.number ? numberText(device.number) : '-';
}

/** `1-1.2 04b8:011f`: the port the device, or what it is part of, is plugged into, and who made it. */
export function portAndId(device: DeviceView): string {
  const usb = [device, ...device.ancestors].find((entry) => entry.devtype === 'usb_device');
  const vendor = device.properties.ID_VENDOR_ID ?? usb?.attrs.idVendor;
  const product = device.properties.ID_MODEL_ID ?? usb?.attrs.idProduct;
  const id = vendor !== undefined && product !== undefined ? `${vendor}:${product}` : undefined;
  return [portOf(device.devpath), id].filter((part) => part !== undefined).join(' ') || '-';
}

/** `web1 /dev/scanner, web2 /dev/scanner`, `held off (scanner)`, or `-`. */
export function givenTo({ given, heldOff = [] }: DeviceView): string {
  const texts = [...given.map(({ guest, path }) => `${guest} ${path}`), ...heldOff.map((rule) => `held off (${rule})`)];
  return texts.join(', ') || '-';
}
