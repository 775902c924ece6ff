import type { Bucket } from '../model/bucket.ts';
import type { CpuSample } from '../model/cpu-sample.ts';
import { type Quota, STANDING_STILL_US } from '../model/limit.ts';
import type { BucketPolicy } from '../model/policy.ts';
import { rateOf, sizeUs, surelyDrawn, usUntilDrained, usUntilReleased, usUntilSaved } from './bucket.ts';

/** A bucket that the kernel cannot keep by itself, and who is held to it. */
export interface Drive {
  readonly bucket: Bucket;
  readonly throttles: number;
  /** It was made to stand still. */
  readonly holds: boolean;
  /** When the guest last wanted more than its rate, microseconds. */
  readonly eagerAtUs: number;
}

/**
 * What is to be done: `grant` fills the kernel's pool up by one quota, `hold` lets the guest stand still, `release` gives it its
 * quota back.
 */
export type DriveStep = 'none' | 'grant' | 'hold' | 'release';

export interface Driven {
  readonly drive: Drive;
  readonly step: DriveStep;
  /** When to look again, microseconds; infinite: when the kernel says that it was held back. */
  readonly wakeAtUs: number;
}

/** How often a guest is looked at that wants more than its rate; and one that does not, infinite where the kernel tells. */
export interface Pace {
  /** Nothing is granted below so many microseconds: a grant, and the period that it falls into, are never more than what is saved. */
  readonly leastUs: number;
  readonly eagerUs: number;
  readonly calmUs: number;
  /** All that a guest can use at once. */
  readonly cpus: number;
  /** The kernel tells of a held period when it is over: a guest counts as eager longer than it seems. */
  readonly eagerForUs: number;
  /** What is left to a guest that stands still, in so long. */
  readonly periodUs: number;
  /** What the kernel gives at most above the rate, between two looks: the rest of a quota, and the next one. */
  readonly doubtUs: number;
}

export function newDrive(bucket: Bucket, { throttles, atUs }: CpuSample): Drive {
  return { bucket, throttles, holds: false, eagerAtUs: atUs };
}

/** The kernel says that it was held back, a moment before its counters do. */
export function woken(drive: Drive, { atUs }: CpuSample): Drive {
  return { ...drive, eagerAtUs: atUs };
}

/**
 * A look at a guest whose quota by itself gives it its rate and no more: what it has saved up it gets in grants, each of at
 * most one quota, as long as it wants more. Whoever drives may die: what is left is the rate.
 */
export function driven(drive: Drive, policy: BucketPolicy, sample: CpuSample, pace: Pace): Driven {
  const bucket = surelyDrawn(drive.bucket, policy, sample, pace.doubtUs);
  const isEager = wantsMore(drive, policy, sample);
  const eagerAtUs = isEager ? sample.atUs : drive.eagerAtUs;
  const holds = bucket.held && policy.hold === 'strict';
  const step = holds ? holdOrNone(drive, sample, pace) : drive.holds ? 'release' : grantOrNone(bucket, isEager, pace);
  const next: Drive = { bucket, throttles: sample.throttles, holds, eagerAtUs };
  return { drive: next, step, wakeAtUs: sample.atUs + usUntilLook(next, policy, sample, pace) };
}

const LONGEST_US = 1_000_000;

function usUntilLook(
  { bucket, eagerAtUs, holds }: Drive,
  policy: BucketPolicy,
  { atUs }: CpuSample,
  pace: Pace,
): number {
  const releaseUs = bucket.held ? usUntilReleased(bucket, policy) : 0;
  if (holds) return Math.min(LONGEST_US, releaseUs);
  if (atUs - eagerAtUs > pace.eagerForUs) return pace.calmUs;
  // Before that nothing is granted, whatever it wants.
  const grantUs = Math.max(releaseUs, usUntilSaved(bucket, policy, pace.leastUs));
  const usualUs = Math.min(LONGEST_US, Math.max(pace.eagerUs, grantUs));
  // Who is to stand still with an empty bucket is found at it, not long after.
  if (policy.hold !== 'strict') return usualUs;
  return Math.min(usualUs, Math.max(FASTEST_US, usUntilDrained(bucket, policy, pace.cpus)));
}

// Somebody else may have written its quota, or the kernel was told late.
function holdOrNone({ holds, bucket }: Drive, { atUs, usedUs }: CpuSample, { periodUs }: Pace): DriveStep {
  const leftUs = 2 * STANDING_STILL_US * ((atUs - bucket.atUs) / periodUs + 1);
  return holds && usedUs - bucket.usedUs <= leftUs ? 'none' : 'hold';
}

function grantOrNone({ tokensUs, held }: Bucket, isWanted: boolean, { leastUs }: Pace): DriveStep {
  return isWanted && !held && tokensUs >= leastUs ? 'grant' : 'none';
}

function wantsMore({ bucket, throttles }: Drive, policy: BucketPolicy, sample: CpuSample): boolean {
  const elapsedUs = sample.atUs - bucket.atUs;
  return sample.throttles > throttles || sample.usedUs - bucket.usedUs > elapsedUs * rateOf(policy);
}

/**
 * So often that a guest on `cpus` processors never has used up a grant before the next. `calmUs`: how often one that is
 * content with its rate.
 */
export function paceOf({ quotaUs, periodUs }: Quota, policy: BucketPolicy, cpus: number, calmUs: number): Pace {
  const lossPerUs = Math.max(cpus - rateOf(policy), 0.1);
  return {
    eagerUs: Math.min(SLOWEST_US, Math.max(FASTEST_US, (0.8 * quotaUs) / lossPerUs)),
    calmUs,
    cpus,
    eagerForUs: 2 * Math.max(EAGER_FOR_US, periodUs),
    periodUs,
    // Nobody stands still for a doubt: of a small bucket that can be more than there is in it.
    doubtUs: policy.hold === 'strict' ? Math.min(2 * quotaUs, sizeUs(policy) / 2) : 2 * quotaUs,
    // Who is to stand still is stopped at the next look; who goes on has the rest of the grant, and a period's quota on top.
    leastUs: policy.hold === 'strict' ? 1 : quotaUs,
  };
}

const FASTEST_US = 10_000;
const SLOWEST_US = 50_000;
const EAGER_FOR_US = 250_000;
