import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Grant } from '../model/action.ts';
import { allowedDevices, type LxcLine } from './lxc-devices.ts';

/** What hostler wants to know of a guest's configuration, lxc.container.conf(5). */
export interface LxcConfig {
  /** lxc.cgroup.dir: payload cgroups are made below it. */
  readonly cgroupFolder?: string;
  /** lxc.cgroup.dir.container: the whole path. */
  readonly payloadCgroup?: string;
  /** What the guest may open on cgroup v2; absent: it has no device policy. */
  readonly devices?: readonly Grant[];
}

/** Undefined: there is no such guest. What it includes is read too; what cannot be read of that says nothing. */
export function readLxcConfig(path: string): LxcConfig | undefined {
  const lines = readLines(path, DEEPEST_INCLUDE);
  return lines && interpret(lines);
}

/** A text without what it includes. */
export function parseLxcConfig(text: string): LxcConfig {
  return interpret(parseLines(text));
}

// An include that includes itself ends here; LXC's own files are three deep.
const DEEPEST_INCLUDE = 8;

function readLines(path: string, depth: number): readonly LxcLine[] | undefined {
  try {
    return parseLines(readFileSync(path, 'utf8')).flatMap((line) => withIncluded(line, depth));
  } catch {
    return undefined;
  }
}

function withIncluded([key, value]: LxcLine, depth: number): readonly LxcLine[] {
  if (key !== 'lxc.include' || depth === 0) return [[key, value]];
  return includedFiles(value).flatMap((path) => readLines(path, depth - 1) ?? []);
}

// Of a folder LXC reads the files whose name ends in .conf.
function includedFiles(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => name.endsWith('.conf'));
    return names.sort().map((name) => join(path, name));
  } catch {
    return [];
  }
}

function parseLines(text: string): readonly LxcLine[] {
  return text.split('\n').flatMap((line) => {
    const [, key, value] = /^\s*([a-z0-9._]+)\s*=\s*(.*?)\s*$/i.exec(line) ?? [];
    return key === undefined || value === undefined ? [] : [[key, value] as const];
  });
}

function interpret(lines: readonly LxcLine[]): LxcConfig {
  const values = new Map(lines); // of a key that takes one value the last one counts
  const cgroupFolder = values.get('lxc.cgroup.dir');
  const payloadCgroup = values.get('lxc.cgroup.dir.container');
  const devices = allowedDevices(lines);
  return {
    ...(cgroupFolder && { cgroupFolder }),
    ...(payloadCgroup && { payloadCgroup }),
    ...(devices && { devices }),
  };
}
