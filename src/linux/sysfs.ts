import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';

const SYS = '/sys';

/** The DEVPATH that a link below /sys leads to, as the kernel made it: without a link on the way. Undefined: there is no such link. */
export function devpathOf(link: string): string | undefined {
  try {
    return resolve(dirname(link), readlinkSync(link)).slice(SYS.length);
  } catch {
    return undefined;
  }
}

/** Most devices lack most attributes that are asked for, and an exception costs ten times the look. */
export function hasAttribute(devpath: string, name: string): boolean {
  return existsSync(`${SYS}${devpath}/${name}`);
}

/** An attribute's text without its last newline; undefined when there is none. */
export function readAttribute(devpath: string, name: string): string | undefined {
  try {
    return readFileSync(`${SYS}${devpath}/${name}`, 'utf8').replace(/\n$/, '');
  } catch {
    return undefined;
  }
}

/** The device's subsystem; undefined: there is no device, or it is only a folder on the way to one. */
export function subsystemOf(devpath: string): string | undefined {
  const link = `${SYS}${devpath}/subsystem`;
  // Most folders above a virtual device have none, and an exception costs ten times the look.
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined) return undefined;
  try {
    return basename(readlinkSync(link));
  } catch {
    return undefined; // it went in between
  }
}

/** The kernel's own KEY=VALUE lines. */
export function readUeventFile(devpath: string): Readonly<Record<string, string>> | undefined {
  const text = readAttribute(devpath, 'uevent');
  if (text === undefined) return undefined;
  const pairs = text.split('\n').filter((line) => line.includes('='));
  return Object.fromEntries(pairs.map((line) => cutAt(line, line.indexOf('='))));
}

function cutAt(line: string, at: number): [string, string] {
  return [line.slice(0, at), line.slice(at + 1)];
}
