import type { Device } from '../model/device.ts';
import type { News } from '../model/news.ts';
import type { DeviceNumber } from '../model/number.ts';
import { isUsable } from './usable.ts';

/** Bytes that the kernel's message and udev's have room for, with enough left for what is always said. */
const KERNEL_BYTES = 1400;
const UDEV_BYTES = 4000;
const TAG_BYTES = 500;

/** What makes programs of this host act, or is of the message itself: no business of a guest. */
const HOST_ONLY =
  /^(?:SYSTEMD_.*|UDISKS_.*|UDEV_.*|NM_.*|DM_UDEV_.*|ID_(?:FOR_|AUTO)?SEAT|DEVMODE|DEVUID|DEVGID|ACTION|SEQNUM|DEVLINKS|TAGS|CURRENT_TAGS|USEC_INITIALIZED)$/;
const HOST_TAGS = /^(?:systemd|seat|master-of-seat|uaccess|xaccess-.*|power-switch|snap_.*)$/;
const KEY = /^[A-Za-z0-9_]+$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** What a guest that is given the device may hear of it, but for the paths inside: they are `newsAt`'s. */
export function newsOf(device: Device & { readonly number: DeviceNumber }): News {
  const { devpath, subsystem, devtype, number, kernelKeys = [], initializedUsec } = device;
  const said = Object.entries(device.properties).filter(isForGuests);
  const always = {
    DEVPATH: devpath,
    SUBSYSTEM: subsystem,
    MAJOR: String(number.major),
    MINOR: String(number.minor),
    DEVNAME: '',
    ...(devtype !== undefined && { DEVTYPE: devtype }),
  };
  const isKernels = ([key]: Property) => kernelKeys.includes(key);
  const others = said.filter(([key]) => !Object.hasOwn(always, key));
  return {
    kernel: { ...always, ...Object.fromEntries(fitting(others.filter(isKernels), KERNEL_BYTES)) },
    udev: Object.fromEntries(
      fitting(
        others.filter((property) => !isKernels(property)),
        UDEV_BYTES,
      ),
    ),
    tags: fitting(
      device.tags.filter((tag) => TAG.test(tag) && !HOST_TAGS.test(tag)).map((tag): Property => [tag, '']),
      TAG_BYTES,
    ).map(([tag]) => tag),
    links: [],
    ...(initializedUsec !== undefined && { initializedUsec }),
  };
}

/** Of a device that the guest has under this path and these links. */
export function newsAt(news: News, path: string, links: readonly string[]): News {
  return { ...news, kernel: { ...news.kernel, DEVNAME: path.slice('/dev/'.length) }, links };
}

type Property = readonly [key: string, value: string];

// A path on the host means nothing inside.
function isForGuests([key, value]: Property): boolean {
  return KEY.test(key) && !HOST_ONLY.test(key) && isUsable(value) && !value.startsWith('/');
}

/** In their order, as many as there is room for. */
function fitting(properties: readonly Property[], room: number): readonly Property[] {
  let left = room;
  return properties.filter(([key, value]) => {
    const bytes = new TextEncoder().encode(`${key}=${value}`).length + 1;
    if (bytes > left) return false;
    left -= bytes;
    return true;
  });
}
