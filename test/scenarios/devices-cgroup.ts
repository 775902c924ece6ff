import { readFileSync } from 'node:fs';

/** The folder of the cgroup that decides on a process's devices: in the v1 controller where there is one. */
export function devicesCgroup(pid: number): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
  const pathOf = (controller: string) => lines.find((one) => one.split(':')[1] === controller)?.split(':')[2];
  const v1 = pathOf('devices');
  return v1 === undefined ? `/sys/fs/cgroup${pathOf('')}` : `/sys/fs/cgroup/devices${v1}`;
}
