import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hostControllers } from '../../src/linux/controllers.ts';
import { LIMIT_FILES } from '../../src/model/limit.ts';

export const controllers = hostControllers();

/** A control file of the cgroup of an LXC guest. */
export function controlPath(file: string, guest: string): string {
  const [controller = ''] = file.split('.');
  return join(controllers.mountOf(controller) ?? '', `lxc.payload.${guest}`, file);
}

export function held(file: string, guest: string): string {
  return readFileSync(controlPath(file, guest), 'utf8').trim();
}

/** A number of a file such as cpu.stat. */
export function counted(file: string, guest: string, name: string): number {
  const line = held(file, guest)
    .split('\n')
    .find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

/** All that a policy may write, as far as this host has it. */
export function limitFilesOf(guest: string): readonly string[] {
  return LIMIT_FILES.map((file) => controlPath(file, guest)).filter((path) => existsSync(path));
}

/** The folders of a guest's cgroup that limit these, each once. */
export function cgroupsOf(guest: string, ...files: readonly string[]): readonly string[] {
  return [...new Set(files.map((file) => dirname(controlPath(file, guest))))];
}

/** The cgroups in which a process is limited to the guest's CPU time, and counted. */
export function cpuCgroupsOf(guest: string): readonly string[] {
  return controllers.hierarchy === 'v1' ? cgroupsOf(guest, 'cpu.shares', 'cpuacct.usage') : cgroupsOf(guest, 'cpu.max');
}

/** Milliseconds of CPU time that the guest has had. */
export function usedMs(guest: string): number {
  return controllers.hierarchy === 'v1'
    ? Number(held('cpuacct.usage', guest)) / 1e6
    : counted('cpu.stat', guest, 'usage_usec') / 1e3;
}

/** CPU time of the guest in each period; below 0 or not a number: as much as it wants. */
export function quotaUs(guest: string): number {
  return Number(held(controllers.hierarchy === 'v1' ? 'cpu.cfs_quota_us' : 'cpu.max', guest).split(' ')[0]);
}
