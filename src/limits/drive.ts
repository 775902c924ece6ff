import type { Bucket } from '../model/bucket.ts';
import type { CpuSample } from '../model/cpu-sample.ts';
import { type Bursts, type Quota, STANDING_STILL_US } from '../model/limit.ts';
import type { BucketPolicy } from '../model/policy.ts';
import { rateOf, sizeUs, surelyDrawn, usUntilDrained, usUntilReleased, usUntilSaved } from './bucket.ts';
import { type IdleCredit, NO_CREDIT, repaid, withCredit } from './idle-credit.ts';

/** A bucket that the kernel cannot keep by itself, and who is held to it. */
export interface Drive {
  readonly bucket: Bucket;
  readonly throttles: number;
  /** It was made to stand still. */
  readonly holds: boolean;
  /** When the guest last wanted more than its rate, microseconds. */
  readonly eagerAtUs: number;
  readonly credit: IdleCredit;
  /** The kernel's cumulative usage when something was granted last. */
  readonly grantedAtUsedUs: number;
  /** Its quota is raised for as long as somebody looks. */
  readonly isRaised: boolean;
}

/**
 * What is to be done: `grant` fills the kernel's pool up by one quota, `raise` lets the guest have all processors until the next look, as
 * it may have had them until this one, `lower` no longer, `hold` lets it stand still, `release` gives it its quota back.
 */
export type DriveStep = 'none' | 'grant' | 'raise' | 'lower' | 'hold' | 'release';

export interface Driven {
  readonly drive: Drive;
  readonly step: DriveStep;
  /** When to look again, microseconds; infinite: when the kernel says that it was held back. */
  readonly wakeAtUs: number;
}

/** How often a guest is looked at that wants more than its rate; and one that does not, infinite where the kernel tells. */
export interface Pace {
  readonly bursts: Bursts;
  /** Nothing is granted below so many microseconds: a grant, and the period that it falls into, are never more than what is saved. */
  readonly leastUs: number;
  /** Nor is a quota raised below so many, which is lowered again below `leastUs`. */
  readonly beginUs: number;
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
  return {
    bucket,
    throttles,
    holds: false,
    eagerAtUs: atUs,
    isRaised: false,
    credit: NO_CREDIT,
    grantedAtUsedUs: 0,
  };
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
  const earned = surelyDrawn(drive.bucket, policy, sample, pace.doubtUs);
  const { bucket, credit } = repaid(earned, drive.credit, pace.leastUs);
  const purse = withCredit(bucket, drive.bucket.held, credit, policy);
  const isEager = wantsMore(drive, policy, sample);
  const holds = purse.held && policy.hold === 'strict';
  const isWanted = isEager || (credit.leftUs > 0 && sample.usedUs > drive.grantedAtUsedUs);
  const wanted = holds || drive.holds ? 'none' : burst(drive, purse, isWanted, sample, pace);
  const step = holds ? holdOrNone(drive, sample, pace) : drive.holds ? 'release' : wanted;
  // Who stood still until now wants more than that.
  const eagerAtUs = isEager || step === 'release' ? sample.atUs : drive.eagerAtUs;
  const next: Drive = {
    bucket: policy.hold === 'strict' ? { ...bucket, held: purse.held } : bucket,
    throttles: sample.throttles,
    holds,
    eagerAtUs,
    isRaised: wanted === 'raise',
    credit,
    grantedAtUsedUs: step === 'grant' || step === 'raise' ? sample.usedUs : drive.grantedAtUsedUs,
  };
  return { drive: next, step, wakeAtUs: sample.atUs + usUntilLook(next, purse, policy, sample, pace) };
}

/** Whether it has spent what it earned, and wants more. */
export function wantsIdle({ bucket, eagerAtUs }: Drive, policy: BucketPolicy, atUs: number, pace: Pace): boolean {
  const isSpent = bucket.held || bucket.tokensUs < pace.beginUs;
  return policy.idle !== undefined && isSpent && atUs - eagerAtUs <= pace.eagerForUs;
}

const LONGEST_US = 1_000_000;

function usUntilLook(drive: Drive, purse: Bucket, policy: BucketPolicy, { atUs }: CpuSample, pace: Pace): number {
  const { eagerAtUs, holds } = drive;
  if (drive.isRaised) return usUntilLowered(purse, policy, pace);
  const releaseUs = purse.held ? usUntilReleased(purse, policy) : 0;
  if (holds) return Math.min(LONGEST_US, releaseUs);
  if (atUs - eagerAtUs > pace.eagerForUs) return pace.calmUs;
  // Before that nothing is granted, whatever it wants.
  const grantUs = Math.max(releaseUs, usUntilSaved(purse, policy, pace.beginUs));
  // Who rests between two bursts has a whole quota to begin the next one with.
  const restUs = atUs === eagerAtUs ? pace.eagerUs : SLOWEST_US;
  const usualUs = Math.min(LONGEST_US, Math.max(restUs, grantUs));
  // Who is to stand still with an empty bucket is found at it, not long after.
  if (policy.hold !== 'strict') return usualUs;
  return Math.min(usualUs, Math.max(FASTEST_US, usUntilDrained(purse, policy, pace.cpus)));
}

function usUntilLowered(
  { tokensUs, ...bucket }: Bucket,
  policy: BucketPolicy,
  { leastUs, cpus, eagerUs }: Pace,
): number {
  const drainedUs = usUntilDrained({ ...bucket, tokensUs: tokensUs - leastUs }, policy, cpus);
  return Math.min(eagerUs, Math.max(FASTEST_US, drainedUs));
}

// Somebody else may have written its quota, or the kernel was told late.
function holdOrNone({ holds, bucket }: Drive, { atUs, usedUs }: CpuSample, { periodUs }: Pace): DriveStep {
  const leftUs = 2 * STANDING_STILL_US * ((atUs - bucket.atUs) / periodUs + 1);
  return holds && usedUs - bucket.usedUs <= leftUs ? 'none' : 'hold';
}

function burst(
  drive: Drive,
  { tokensUs, held }: Bucket,
  isEager: boolean,
  { atUs }: CpuSample,
  { bursts, leastUs, beginUs, eagerForUs }: Pace,
): 'none' | 'grant' | 'raise' | 'lower' {
  if (!drive.isRaised) {
    if (!isEager || held || tokensUs < beginUs) return 'none';
    return bursts === 'lease' ? 'raise' : 'grant';
  }
  // One that is content for a moment is not lowered for that.
  const isWanted = isEager || atUs - drive.eagerAtUs <= eagerForUs;
  return isWanted && !held && tokensUs >= leastUs ? 'raise' : 'lower';
}

function wantsMore({ bucket, throttles }: Drive, policy: BucketPolicy, sample: CpuSample): boolean {
  const elapsedUs = sample.atUs - bucket.atUs;
  return sample.throttles > throttles || sample.usedUs - bucket.usedUs > elapsedUs * rateOf(policy);
}

/**
 * So often that a guest on `cpus` processors never has used up a grant before the next. `calmUs`: how often one that is
 * content with its rate.
 */
export function paceOf(
  { quotaUs, periodUs }: Quota,
  policy: BucketPolicy,
  cpus: number,
  calmUs: number,
  bursts: Bursts = 'grant',
): Pace {
  const lossPerUs = Math.max(cpus - rateOf(policy), 0.1);
  const isLease = bursts === 'lease';
  // Who is to stand still is stopped at the next look; who goes on has the rest of the grant, and a period's quota on top.
  const usualUs = isLease ? Math.min(lossPerUs * periodUs, sizeUs(policy) / 4) : quotaUs;
  const leastUs = policy.hold === 'strict' ? 1 : usualUs;
  return {
    bursts,
    eagerUs: isLease ? SLOWEST_US : Math.min(SLOWEST_US, Math.max(FASTEST_US, (0.8 * quotaUs) / lossPerUs)),
    calmUs,
    cpus,
    eagerForUs: 2 * Math.max(EAGER_FOR_US, periodUs),
    periodUs,
    // Nobody stands still for a doubt: of a small bucket that can be more than there is in it.
    doubtUs: policy.hold === 'strict' ? Math.min(2 * quotaUs, sizeUs(policy) / 2) : 2 * quotaUs,
    leastUs,
    beginUs: isLease && policy.hold === 'smooth' ? 2 * leastUs : leastUs,
  };
}

const FASTEST_US = 10_000;
const SLOWEST_US = 50_000;
const EAGER_FOR_US = 250_000;
