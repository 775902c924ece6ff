import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hierarchy } from '../model/limit.ts';

/** Where the cgroup controllers of this host are. */
export interface Controllers {
  /** v1 as soon as one of memory, CPU time and processes is on v1. */
  readonly hierarchy: Hierarchy;
  /** The mount point of the hierarchy that has it, of the empty name v2; undefined: nothing on this host does. */
  mountOf(controller: string): string | undefined;
  /** How cgroup v2 is mounted; nothing where it is not. */
  readonly v2Options: readonly string[];
  /** Where cgroup v2 is mounted, with controllers or without; undefined: nowhere. */
  readonly v2Mount: string | undefined;
}

/** Read once: who moves a controller starts the host anew. */
export function hostControllers(mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')): Controllers {
  const mounts = mountsIn(mountinfo);
  const onV1 = (controller: string) => mounts.find((mount) => isV1(mount, controller))?.point;
  const { point: v2, options = '' } = mounts.find(({ type }) => type === 'cgroup2') ?? {};
  const isOld = LIMITED.some((controller) => onV1(controller) !== undefined);
  return {
    hierarchy: isOld ? 'v1' : 'v2',
    mountOf: (controller) => onV1(controller) ?? (isOld && controller !== '' ? undefined : v2),
    v2Options: options.split(','),
    v2Mount: v2,
  };
}

const LIMITED = ['memory', 'cpu', 'pids'];

/**
 * Where device grants are written: the mount point of the v1 devices controller, or of the v2 hierarchy where there is none.
 * Throws when the host has neither.
 */
export function devicesHierarchy(mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')): string {
  const mounts = mountsIn(mountinfo);
  const found = mounts.find((mount) => isV1(mount, 'devices')) ?? mounts.find(({ type }) => type === 'cgroup2');
  if (found === undefined) throw new Error('no devices controller and no cgroup v2 is mounted on this host');
  return found.point;
}

/** Whether what is mounted there is v2, where programs decide on devices. */
export function isUnified(hierarchy: string): boolean {
  return existsSync(join(hierarchy, 'cgroup.controllers'));
}

type Mount = ReturnType<typeof parseMount>;

function isV1({ type, options }: Mount, controller: string): boolean {
  return type === 'cgroup' && options.split(',').includes(controller);
}

function mountsIn(mountinfo: string): readonly Mount[] {
  return mountinfo.split('\n').map(parseMount);
}

// proc(5): id parent major:minor root MOUNT-POINT options [tags] - TYPE source OPTIONS
function parseMount(line: string) {
  const [before = '', after = ''] = line.split(' - ');
  const [type = '', , options = ''] = after.split(' ');
  return { point: before.split(' ')[4] ?? '', type, options };
}
