import { readFileSync } from 'node:fs';

/** What hostler wants to know of a guest's configuration, lxc.container.conf(5). */
export interface LxcConfig {
  /** lxc.cgroup.dir: payload cgroups are made below it. */
  readonly cgroupFolder?: string;
  /** lxc.cgroup.dir.container: the whole path. */
  readonly payloadCgroup?: string;
}

/** Undefined: there is no such guest. */
export function readLxcConfig(path: string): LxcConfig | undefined {
  try {
    return parseLxcConfig(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

export function parseLxcConfig(text: string): LxcConfig {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, value] = /^\s*([a-z0-9._]+)\s*=\s*(.*?)\s*$/i.exec(line) ?? [];
    if (key !== undefined && value !== undefined) values.set(key, value); // as in LXC the last one counts
  }
  const cgroupFolder = values.get('lxc.cgroup.dir');
  const payloadCgroup = values.get('lxc.cgroup.dir.container');
  return { ...(cgroupFolder && { cgroupFolder }), ...(payloadCgroup && { payloadCgroup }) };
}
