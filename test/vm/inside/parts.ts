import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { attribute, usbFolders } from './sysfs.ts';

/** What the host has of a USB device and of all that is plugged in below it. */
export interface HostParts {
  /** DEVPATH by name below /dev. */
  readonly nodes: ReadonlyMap<string, string>;
  /** udev's links to them, by name below /dev. */
  readonly links: readonly string[];
}

/** `make`: `0403:6001`. Nothing of a device that is not plugged in. */
export function hostParts(make: string): HostParts {
  const device = usbFolders().find((folder) => makeOf(folder) === make);
  if (device === undefined) return { nodes: new Map(), links: [] };
  const root = realpathSync(device);
  const found = execFileSync('grep', ['-rs', '--include=uevent', '^DEVNAME=', root], { encoding: 'utf8' });
  const nodes = Array.from(found.matchAll(/^(.*)\/uevent:DEVNAME=(.*)$/gm), ([, path = '', name = '']) => {
    return [name, path.slice('/sys'.length)] as const;
  });
  return { nodes: new Map(nodes), links: nodes.flatMap(([name]) => linksTo(name)).sort() };
}

function makeOf(folder: string): string {
  return `${attribute(folder, 'idVendor')}:${attribute(folder, 'idProduct')}`;
}

function linksTo(name: string): readonly string[] {
  const words = ['info', '--query=symlink', `--name=/dev/${name}`];
  return execFileSync('udevadm', words, { encoding: 'utf8' }).split(/\s/).filter(Boolean);
}
