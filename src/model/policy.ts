import type { Place } from './rule.ts';

/** What a guest may use, and when somebody is told. What is absent is not limited. */
export interface Policy {
  readonly name: string;
  readonly place: Place;
  /** Of what is held against the host. Where it is inherited: the policy itself. */
  readonly places: Readonly<Record<WeighedKey, Place>>;
  /** Globs; absent: guests whose file names it. */
  readonly guests?: readonly string[];
  readonly memory: MemoryPolicy;
  readonly cpu: CpuPolicy;
  /** Processes and threads. */
  readonly processes?: number;
  readonly io: IoPolicy;
  readonly alerts: Readonly<Partial<Record<AlertedResource, AlertPolicy>>>;
}

/** Keys whose sums, or values, are compared with what the host has. */
export const WEIGHED_KEYS = [
  'cpu.guarantee',
  'memory.min',
  'memory.low',
  'memory.rss.limit',
  'memory.as.limit',
  'cpu.bucket',
  'processes.limit',
] as const;
export type WeighedKey = (typeof WEIGHED_KEYS)[number];

/** All in bytes. */
export interface MemoryPolicy {
  /** Above it the guest is slowed down and its memory taken back; with cgroup v1 only when the host is short of it. */
  readonly barrier?: number;
  readonly limit?: number;
  readonly addressSpace?: AddressSpacePolicy;
  readonly low?: number;
  readonly min?: number;
  /** What is killed at the limit. */
  readonly oom: 'process' | 'guest';
  /** What is done about a guest that does nothing but wait for its own memory; absent: nothing. */
  readonly thrash?: ThrashPolicy;
}

export interface ThrashPolicy {
  /** freeze: it stands still for a moment, has `headroom` more for a while, and is told of. alert: it is told of. */
  readonly action: 'freeze' | 'alert';
  /** It thrashes when all of it waits for memory in more than this share of the time, */
  readonly pressure: number;
  /** and it comes to its limit more often than that in a second, */
  readonly hits: number;
  /** for so long. */
  readonly forMs: number;
  /** Bytes. */
  readonly headroom: number;
}

export interface AddressSpacePolicy {
  readonly limit: number;
  /** swap: resident memory and swap together. data: the data segment of each process, so that an allocation fails. */
  readonly enforce: 'swap' | 'data' | 'both';
  /** guest: the data of all its processes together. Absent: of each by itself. */
  readonly scope?: 'guest';
}

export interface CpuPolicy {
  readonly bucket?: BucketPolicy;
  readonly guarantee: boolean;
  /** 1 to 10000; usual is 100. */
  readonly weight?: number;
}

/**
 * A token bucket of CPU time, as Linux-VServer's sched_hard had it. One token is `tickUs` microseconds of CPU; the guest
 * earns `rate` tokens every `interval` ticks of wall-clock time.
 */
export interface BucketPolicy {
  readonly rate: number;
  readonly interval: number;
  readonly tickUs: number;
  /** Tokens that it holds at most: how much may be saved up for a burst. */
  readonly size: number;
  /** Tokens that a drained guest must have before it runs again; smooth: before it has more than its rate again. */
  readonly threshold: number;
  /** smooth: a drained guest goes on at its rate. strict: it stands still until it has `threshold` tokens. */
  readonly hold: 'smooth' | 'strict';
  /** steady: tokens come one by one. lump: `rate` of them at the end of each interval. */
  readonly refill: 'steady' | 'lump';
  /** What others leave idle goes to drained guests that have such a share of it, as rate / interval of each are to each other. */
  readonly idle?: Share;
  /** All of this is for each processor that the guest may run on; absent: for the guest. */
  readonly scope?: 'cpu';
}

/** A number of tokens in a number of ticks. */
export interface Share {
  readonly rate: number;
  readonly interval: number;
}

export interface IoPolicy {
  readonly weight?: number;
  readonly disks: readonly DiskPolicy[];
}

/** Each a second. */
export interface DiskPolicy {
  /** A name of the host, below /dev. */
  readonly device: string;
  readonly readBytes?: number;
  readonly writeBytes?: number;
  readonly reads?: number;
  readonly writes?: number;
}

export type AlertedResource = 'rss' | 'as' | 'cpu' | 'processes';

/** Shares of the limit, 0 to 1. */
export interface AlertPolicy {
  readonly raise: number;
  readonly clear: number;
  readonly forMs: number;
}
