import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import type { Device } from '../model/device.ts';
import type { DeviceNumber } from '../model/number.ts';
import { readHostNode } from './host-node.ts';

/** Where the kernel's modules are, modules.devname among them. */
const MODULES = join('/lib/modules', release());

/**
 * The devices whose module the first open of their node loads (/dev/net/tun, /dev/fuse), as they will be when it is loaded:
 * sysfs does not know them before. None where the kernel has no modules.
 */
export function staticDevices(modules = MODULES): readonly Device[] {
  return readLines(join(modules, 'modules.devname')).flatMap(deviceOf);
}

/** Undefined: nothing that a module would bring back. */
export function staticDevice(devpath: string, modules = MODULES): Device | undefined {
  if (!PARENTS.some((parent) => devpath.startsWith(parent))) return undefined;
  return staticDevices(modules).find((device) => device.devpath === devpath);
}

/** Majors whose place in sysfs is known beforehand. Of another one nobody could tell that it is the same when it comes. */
const SUBSYSTEMS: Readonly<Record<string, string>> = { '10': 'misc', '108': 'ppp', '116': 'sound' };
const PARENTS = Object.values(SUBSYSTEMS).map((subsystem) => `/devices/virtual/${subsystem}/`);

/** Where the device is not called as its node is. */
const SYSNAMES: Readonly<Record<string, string>> = { 'mapper/control': 'device-mapper' };

// `MODULE NODE cMAJOR:MINOR`, written by depmod(8).
const LINE = /^\S+ (?<node>[^\s/]\S*) (?<type>[cb])(?<major>\d+):(?<minor>\d+)$/;

function deviceOf(line: string): readonly Device[] {
  const { node = '', type, major = '', minor = '' } = LINE.exec(line)?.groups ?? {};
  const subsystem = type === 'c' ? SUBSYSTEMS[major] : undefined;
  if (subsystem === undefined || node.split('/').includes('..')) return [];
  const number: DeviceNumber = { type: 'c', major: Number(major), minor: Number(minor) };
  const sysname = SYSNAMES[node] ?? node.slice(node.lastIndexOf('/') + 1);
  const hostNode = readHostNode(`/dev/${node}`);
  return [
    {
      devpath: `/devices/virtual/${subsystem}/${sysname}`,
      sysname,
      subsystem,
      attrs: {},
      number,
      node: `/dev/${node}`,
      ...(hostNode && { hostNode }),
      unrecorded: true,
      unloaded: true,
      properties: { MAJOR: major, MINOR: minor, DEVNAME: node },
      tags: [],
      links: [],
      ancestors: [],
    },
  ];
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return []; // everything is built in
  }
}
