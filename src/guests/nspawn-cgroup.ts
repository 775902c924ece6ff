import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listFolders } from './list-folders.ts';
import type { Machine } from './nspawn-machine.ts';

/** The cgroup of the unit that a machine runs in; undefined: it ended, or is elsewhere. */
export function registeredCgroup({ leader, unit }: Machine): string | undefined {
  try {
    return unitCgroup(readFileSync(`/proc/${leader}/cgroup`, 'utf8'), unit);
  } catch {
    return undefined;
  }
}

/** Of a /proc/PID/cgroup: in the v1 devices hierarchy where there is one. systemd writes _ before some names. */
export function unitCgroup(text: string, unit: string): string | undefined {
  const lines = text.split('\n').map((line) => /^(\d+):([^:]*):(.*)$/.exec(line) ?? []);
  const [, , , path = ''] =
    lines.find(([, , controllers = '']) => controllers.split(',').includes('devices')) ??
    lines.find(([, id]) => id === '0') ??
    [];
  const parts = path.split('/');
  const at = parts.findIndex((part) => part === unit || part === `_${unit}`);
  return at < 0 ? undefined : parts.slice(0, at + 1).join('/');
}

// Slices in slices, such as machine-db-fast.slice; no host nests deeper.
const DEEPEST_SLICE = 8;

/** The cgroups of all units in which an nspawn runs: on v2 it sits in a child `supervisor` beside its `payload`. */
export function nspawnUnits(hierarchy: string, slice = '', depth = DEEPEST_SLICE): readonly string[] {
  return listFolders(join(hierarchy, slice)).flatMap((name) => {
    const path = `${slice}/${name}`;
    if (name.endsWith('.slice')) return depth === 0 ? [] : nspawnUnits(hierarchy, path, depth - 1);
    return /\.(service|scope)$/.test(name) && runsNspawn(join(hierarchy, path)) ? [path] : [];
  });
}

function runsNspawn(folder: string): boolean {
  return [...processes(join(folder, 'supervisor')), ...processes(folder)].some(isNspawn);
}

function isNspawn(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8') === 'systemd-nspawn\n';
  } catch {
    return false; // it ended meanwhile
  }
}

function processes(cgroup: string): readonly string[] {
  try {
    return readFileSync(join(cgroup, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
