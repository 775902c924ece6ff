import { DISK_FILES_OF, type Hierarchy, LIMIT_FILES_OF } from '../model/limit.ts';

/** What is read of a guest's cgroup beside its limits. */
const COUNTED: Readonly<Record<Hierarchy, readonly string[]>> = {
  v1: [
    'memory.usage_in_bytes',
    'memory.max_usage_in_bytes',
    'memory.memsw.usage_in_bytes',
    'memory.memsw.max_usage_in_bytes',
    'memory.stat',
    'memory.failcnt',
    'memory.memsw.failcnt',
    'memory.oom_control',
    'cpu.stat',
    'cpuacct.usage',
    'pids.current',
    'pids.peak',
    'pids.events',
  ],
  v2: [
    'cgroup.controllers',
    'memory.current',
    'memory.peak',
    'memory.swap.current',
    'memory.swap.peak',
    'memory.stat',
    'memory.events',
    'memory.swap.events',
    'memory.pressure',
    'cpu.stat',
    'pids.current',
    'pids.peak',
    'pids.events',
  ],
};

/** All that is read of it. */
export const READ_FILES: Readonly<Record<Hierarchy, readonly string[]>> = {
  v1: filesOf('v1'),
  v2: filesOf('v2'),
};

function filesOf(hierarchy: Hierarchy): readonly string[] {
  return [...LIMIT_FILES_OF[hierarchy], ...DISK_FILES_OF[hierarchy], ...COUNTED[hierarchy]];
}

/** Those of them that are gone with the cgroup and are worth a last look. */
export const COUNTERS: ReadonlySet<string> = new Set([
  'cgroup.controllers',
  'memory.failcnt',
  'memory.memsw.failcnt',
  'memory.oom_control',
  'memory.events',
  'memory.swap.events',
  'pids.max',
  'pids.peak',
  'pids.events',
  'cpu.stat',
]);
