import { readFileSync } from 'node:fs';
import { parseUdevRecord, type UdevRecord } from 'node-udev/record';
import type { DeviceNumber } from '../model/number.ts';

export interface UdevKey {
  readonly subsystem: string;
  readonly sysname: string;
  readonly number: DeviceNumber | undefined;
  readonly ifindex: string | undefined;
}

/** What udev knows of a device; undefined: nothing (yet). The file's name is udev's device id, sd-device(3). */
export function readUdevRecord(key: UdevKey): UdevRecord | undefined {
  try {
    return parseUdevRecord(readFileSync(`/run/udev/data/${deviceId(key)}`, 'utf8'));
  } catch {
    return undefined;
  }
}

function deviceId({ subsystem, sysname, number, ifindex }: UdevKey): string {
  if (number !== undefined) return `${number.type}${number.major}:${number.minor}`;
  if (ifindex !== undefined) return `n${ifindex}`;
  return `+${subsystem}:${sysname.replaceAll('/', '!')}`;
}
