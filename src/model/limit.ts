/** Which cgroup hierarchy holds the controllers. */
export type Hierarchy = 'v1' | 'v2';

/** What of the host decides how a policy is written. */
export interface LimitingHost {
  readonly hierarchy: Hierarchy;
  readonly cpus: number;
  /** Absent: by grants. */
  readonly bursts?: Bursts;
}

/**
 * How a guest gets what it saved up. grant: its quota is written again with the value that it has, and the kernel fills it up.
 * lease: its quota is raised, and is what it was as soon as nobody renews that.
 */
export type Bursts = 'grant' | 'lease';

/** What was found out about quotas that are written again. */
export interface RefillSeen {
  readonly refills: boolean;
  /** CPU time that was used after it, and the quota; microseconds. */
  readonly usedUs: number;
  readonly quotaUs: number;
}

/** Control files of a guest's cgroup, by which version of cgroups has them; the part before the first dot is the controller. */
export const LIMIT_FILES_OF = {
  v1: [
    'memory.soft_limit_in_bytes',
    'memory.limit_in_bytes',
    'memory.memsw.limit_in_bytes',
    'cpu.cfs_quota_us',
    'cpu.cfs_period_us',
    'cpu.cfs_burst_us',
    'cpu.shares',
    'blkio.bfq.weight',
    'pids.max',
  ],
  v2: [
    'memory.min',
    'memory.low',
    'memory.high',
    'memory.max',
    'memory.swap.max',
    'memory.oom.group',
    'cpu.max',
    'cpu.max.burst',
    'cpu.weight',
    'io.weight',
    'pids.max',
  ],
} as const;
/** Each once. */
export const LIMIT_FILES = [...new Set([...LIMIT_FILES_OF.v2, ...LIMIT_FILES_OF.v1])];

/** Control files that have a line for each disk. */
export const DISK_FILES_OF = {
  v1: [
    'blkio.throttle.read_bps_device',
    'blkio.throttle.write_bps_device',
    'blkio.throttle.read_iops_device',
    'blkio.throttle.write_iops_device',
  ],
  v2: ['io.max'],
} as const;
export const DISK_FILES = [...DISK_FILES_OF.v2, ...DISK_FILES_OF.v1];
export type DiskFile = (typeof DISK_FILES)[number];
/** MAJOR:MINOR of a whole disk. */
export type DiskNumber = `${number}:${number}`;
/** One line of such a file, `io.max 8:0`: what follows the number is its value. */
export type DiskLine = `${DiskFile} ${DiskNumber}`;
export type LimitFile = (typeof LIMIT_FILES)[number] | DiskLine;

/** What is limited apart from the others: what the kernel refuses of one keeps back no other. */
export type LimitedResource = 'cpu' | 'processes' | 'io' | 'memory';

/** What control files hold, as the kernel writes them. What is absent is not there or nobody's business. */
export type LimitValues = Readonly<Partial<Record<LimitFile, string>>>;

/** One write to a control file. */
export interface LimitWrite {
  readonly file: LimitFile;
  readonly value: string;
}

/** One line of `hostler limits`. What is absent is not known, or has no end. */
export interface LimitRow {
  readonly resource: 'rss' | 'as' | 'oom' | 'processes' | 'cpu';
  /** bytes, a count, or microseconds of CPU time. */
  readonly unit: 'bytes' | 'count' | 'cpu';
  readonly held?: number;
  readonly most?: number;
  readonly barrier?: number;
  /** Of CPU time: microseconds a second. */
  readonly limit?: number;
  /** Since somebody first looked: refusals, kills, and intervals in which it was held. */
  readonly hits: number;
  /** Of those, how often its swap was used up: that may be for the sake of what is cached. */
  readonly swapHits?: number;
  /** Microseconds for which it was held back, summed up over processors, since its cgroup was made. */
  readonly heldBackUs?: number;
}

/** What the kernel holds by itself, microseconds: cpu.max and cpu.max.burst, or v1's cfs_quota_us, cfs_period_us and cfs_burst_us. */
export interface Quota {
  readonly quotaUs: number;
  readonly periodUs: number;
  readonly burstUs: number;
}

/** The least that the kernel gives in a period: what is left to a guest that is to stand still. */
export const STANDING_STILL_US = 1000;

/** Of which resources the kernel is to tell that a guest waits for them: each time that it does is a look at the guest. */
export interface Pressures {
  readonly cpu: boolean;
  readonly memory: boolean;
}
