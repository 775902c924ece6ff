import { constants } from 'node:os';

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** `EPERM` for 1; the number as text where the host has no name for it. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? String(errno);
}
