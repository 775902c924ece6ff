import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listFolders } from './list-folders.ts';
import type { Machine } from './nspawn-machine.ts';
import { readStart } from './read-start.ts';

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

// nspawn runs before what it starts; a unit with thousands of processes, such as a database's, is not read through.
const LOOKS = 256;
const LONGEST_LINE = '4194304\n'.length;

function runsNspawn(folder: string): boolean {
  return firstProcesses(join(folder, 'supervisor')).some(isNspawn) || firstProcesses(folder).some(isNspawn);
}

function isNspawn(pid: string): boolean {
  return readStart(`/proc/${pid}/comm`, 16) === 'systemd-nspawn\n';
}

function firstProcesses(cgroup: string): readonly string[] {
  const text = readStart(join(cgroup, 'cgroup.procs'), LOOKS * LONGEST_LINE);
  return text.split('\n').filter(Boolean).slice(0, LOOKS);
}
