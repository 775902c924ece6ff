import type { BucketPolicy } from '../model/policy.ts';
import { type Beancounters, type Bounds, type Inconsistency, inconsistencies } from './beancounters.ts';
import type { Site } from './promise.ts';

/** What one of so many equal guests gets. */
export interface Split {
  readonly guests: number;
  /** Level of commitment. 0: everything may be raised. 1: kernel memory is scarce. 2: nothing may be raised. */
  readonly level: 0 | 1 | 2;
  /** All of RAM and swap that is one guest's. */
  readonly shareBytes: number;
  /** Left to the host. */
  readonly systemBytes: number;
  /** What of the share is for the kernel's own memory. */
  readonly kernelBytes: number;
  /** As OpenVZ would have it. */
  readonly beancounters: Beancounters;
  /** Where these break OpenVZ's own rules: on a tight level some of its recommendations. */
  readonly findings: readonly Inconsistency[];
  readonly memory: { readonly low: number; readonly limit: number; readonly addressSpace: number };
  readonly processes: number;
  readonly bucket: Pick<BucketPolicy, 'rate' | 'interval' | 'size'>;
}

export const PAGE = 4096;
const MiB = 2 ** 20;
/** Left to the host at least. */
const SYSTEM_BYTES = 50 * MiB;

/** What the levels differ in; a guest is tried on them in this order. */
const LEVELS = [
  {
    level: 0,
    kernel: 1,
    processes: 1,
    perProcess: 81_920,
    most: 8,
    buffer: 262_144,
    socket: 4096,
    files: 1.5,
    allocated: 6,
    leastKernel: 10 * MiB,
  },
  {
    level: 1,
    kernel: 1.2,
    processes: 1.5,
    perProcess: 65_536,
    most: 5,
    buffer: 131_072,
    socket: 3036,
    files: 1.2,
    allocated: 3,
    leastKernel: 2 * MiB,
  },
  {
    level: 2,
    kernel: 1.8,
    processes: 2,
    perProcess: 53_248,
    most: 3,
    buffer: 65_536,
    socket: 2560,
    files: 1,
    allocated: 1.5,
    leastKernel: 0,
  },
] as const;
type LevelOf = (typeof LEVELS)[number];

const KERNEL_SHARE = 0.4;
/** Of each guest's own programs. */
const LEAST_PAGES = 1024;
const LEAST_PROCESSES = 30;
const MOST_ALLOCATED = 0.6;
const MOST_SWAP_PAGES = (1024 * MiB) / PAGE;

/**
 * The host divided among so many equal guests, by the arithmetic of OpenVZ's vzsplit; undefined: not even on the tightest
 * level is there enough for each.
 */
export function splitHost(site: Site, guests: number): Split | undefined {
  for (const level of LEVELS) {
    const split = splitOn(level, site, guests);
    if (split !== undefined) return split;
  }
  return undefined;
}

/** As many equal guests as this host has room for; 0: for none. */
export function mostGuests(site: Site): number {
  let [fits, tooMany] = [0, 1];
  while (splitHost(site, tooMany) !== undefined) [fits, tooMany] = [tooMany, tooMany * 2];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (splitHost(site, middle) === undefined) tooMany = middle;
    else fits = middle;
  }
  return fits;
}

function splitOn(level: LevelOf, { capacity: host, reserve }: Site, guests: number): Split | undefined {
  const systemBytes = Math.max(SYSTEM_BYTES, reserve.memoryBytes);
  const shareBytes = Math.floor((host.ramBytes + host.swapBytes - systemBytes) / guests);
  const fairKernel = Math.floor((KERNEL_SHARE * level.kernel * host.ramBytes) / guests);
  const kernelBytes = Math.min(fairKernel, shareBytes - LEAST_PAGES * PAGE);
  const kmem = Math.floor(kernelBytes / 2);
  const running = Math.floor(kmem / level.perProcess);
  const limit = wholePages((host.ramBytes - systemBytes) / guests);
  if (kernelBytes < level.leastKernel || running < LEAST_PROCESSES / 2 || limit <= kernelBytes) return undefined;
  const fair = Math.max(LEAST_PROCESSES, (level.processes * host.processes) / guests);
  const processes = Math.floor(Math.min(level.most * running, Math.max(2 * running, fair)));
  const buffer = Math.floor((kernelBytes - kmem) / 3);
  if (buffer < level.buffer + level.socket * processes) return undefined;
  const pages = pagesOf(
    level,
    guests > 1 ? host.ramBytes * MOST_ALLOCATED : Number.POSITIVE_INFINITY,
    shareBytes,
    kernelBytes,
  );
  const parameters = beancounters(level, { kmem, running, processes, buffer, ...pages });
  return {
    guests,
    level: level.level,
    systemBytes,
    shareBytes,
    kernelBytes,
    beancounters: parameters,
    findings: inconsistencies(parameters),
    memory: {
      low: wholePages(limit - kernelBytes),
      limit,
      addressSpace: Math.max(limit, wholePages(pages.allocated * PAGE + kernelBytes)),
    },
    processes: Math.min(processes, Math.floor(fair)),
    bucket: bucketOf(host.cpus * (1 - reserve.cpu), guests),
  };
}

// Where more than its share could be allocated, what is guaranteed is what may be.
function pagesOf({ allocated: factor }: LevelOf, mostBytes: number, shareBytes: number, kernelBytes: number) {
  const guaranteed = Math.floor((shareBytes - kernelBytes) / PAGE);
  const wanted = guaranteed * factor * PAGE > shareBytes ? guaranteed : guaranteed * factor;
  const allocated = Math.floor(Math.min(wanted, mostBytes / PAGE));
  return { allocated, guaranteed: Math.min(guaranteed, allocated) };
}

interface Parts {
  readonly kmem: number;
  readonly running: number;
  readonly processes: number;
  readonly buffer: number;
  readonly guaranteed: number;
  readonly allocated: number;
}

function beancounters(level: LevelOf, parts: Parts): Beancounters {
  const { kmem, running, processes, buffer, guaranteed, allocated } = parts;
  const files = 32 * running;
  const locks = Math.min(1000, Math.floor(files / 10));
  const inFlight = level.socket * processes;
  const free = buffer - inFlight;
  return {
    numproc: same(processes),
    avnumproc: same(running),
    numtcpsock: same(processes),
    numothersock: same(processes),
    numfile: same(files),
    numflock: { barrier: locks, limit: Math.floor(locks * 1.1) },
    numpty: same(Math.min(512, Math.max(4, Math.floor(processes / 10)))),
    vmguarpages: { barrier: guaranteed, limit: Number.POSITIVE_INFINITY },
    oomguarpages: { barrier: guaranteed, limit: Number.POSITIVE_INFINITY },
    privvmpages: { barrier: allocated, limit: Math.floor(allocated * 1.1) },
    shmpages: same(Math.floor(allocated / 10)),
    physpages: { barrier: 0, limit: guaranteed },
    swappages: { barrier: 0, limit: Math.min(2 * guaranteed, MOST_SWAP_PAGES) },
    kmemsize: { barrier: kmem, limit: Math.floor(kmem * 1.1) },
    dcachesize: {
      barrier: Math.floor((files * level.files * 384) / 1.03),
      limit: Math.floor(files * level.files * 384),
    },
    tcpsndbuf: { barrier: free, limit: buffer },
    tcprcvbuf: { barrier: free, limit: buffer },
    othersockbuf: { barrier: Math.floor(free / 2), limit: Math.floor(free / 2) + inFlight },
    dgramrcvbuf: same(Math.floor(free / 2)),
  };
}

function same(amount: number): Bounds {
  return { barrier: amount, limit: amount };
}

function wholePages(bytes: number): number {
  return Math.floor(bytes / PAGE) * PAGE;
}

/** A fair share of the processors, and the deepest bucket that the kernel keeps by itself: two seconds of it. */
function bucketOf(cpus: number, guests: number): Split['bucket'] {
  const [rate, interval] = [Math.floor(cpus * 100), guests * 100];
  const divisor = greatestDivisor(rate, interval);
  return { rate: rate / divisor, interval: interval / divisor, size: Math.floor((2000 * rate) / interval) };
}

function greatestDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestDivisor(other, one % other);
}
