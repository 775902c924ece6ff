import type { Bucket } from '../model/bucket.ts';
import type { BucketPolicy, Share } from '../model/policy.ts';

/** One reading of the kernel's counter. */
export interface Usage {
  readonly atUs: number;
  readonly usedUs: number;
}

export function fullBucket(policy: BucketPolicy, now: Usage): Bucket {
  return { tokensUs: sizeUs(policy), remainder: 0, held: false, ...now };
}

/**
 * The bucket at the next reading. Usage is cumulative, so that nothing is lost however long nobody looked: b(t + d) =
 * min(size, b(t) + r d - used), where what is used counts before what overflows.
 */
export function drawn(bucket: Bucket, policy: BucketPolicy, now: Usage): Bucket {
  const elapsedUs = Math.max(0, now.atUs - bucket.atUs);
  const used = Math.max(0, now.usedUs - bucket.usedUs);
  const { earnedUs, remainder } = earned(bucket, policy, elapsedUs, sizeUs(policy) - bucket.tokensUs + used);
  const sum = bucket.tokensUs + earnedUs - used;
  const isFull = sum >= sizeUs(policy);
  const tokensUs = isFull ? sizeUs(policy) : sum;
  return {
    tokensUs,
    remainder: isFull && policy.refill === 'steady' ? 0 : remainder,
    held: isHeld(bucket.held, tokensUs, policy),
    atUs: now.atUs,
    usedUs: now.usedUs,
  };
}

/**
 * The least that may be in it, whenever between two looks the guest used what it used: looked at more often it might have overflowed
 * before that. `mostDoubtUs`: so much, and no more, can the guest have been above its rate at once.
 */
export function surelyDrawn(bucket: Bucket, policy: BucketPolicy, now: Usage, mostDoubtUs: number): Bucket {
  const after = drawn(bucket, policy, now);
  const usedUs = Math.max(0, now.usedUs - bucket.usedUs);
  const usedLastUs = drawn(bucket, policy, { atUs: now.atUs, usedUs: bucket.usedUs }).tokensUs - usedUs;
  const tokensUs = Math.min(after.tokensUs, Math.max(usedLastUs, sizeUs(policy) - mostDoubtUs));
  return { ...after, tokensUs, held: isHeld(bucket.held, tokensUs, policy) };
}

/**
 * The same of a bucket that somebody else kept, who need not have kept it before it `isNearlyFull` no longer. While nobody looked
 * somebody may have let the guest use what it liked: nobody owes more than a bucket.
 */
export function takenUp(bucket: Bucket, policy: BucketPolicy, now: Usage, mostDoubtUs: number): Bucket {
  const after = surelyDrawn(bucket, policy, now, 1.5 * mostDoubtUs);
  return { ...after, tokensUs: Math.max(-sizeUs(policy), after.tokensUs) };
}

/** Whether what is missing in it is less than half of the doubt. */
export function isNearlyFull({ tokensUs }: Bucket, policy: BucketPolicy, mostDoubtUs: number): boolean {
  return tokensUs > sizeUs(policy) - mostDoubtUs / 2;
}

/** CPU seconds that are earned in a second. */
export function rateOf({ rate, interval }: Share): number {
  return rate / interval;
}

export function sizeUs({ size, tickUs }: Pick<BucketPolicy, 'size' | 'tickUs'>): number {
  return size * tickUs;
}

/** Until a held guest may run, in microseconds, if it uses nothing meanwhile; infinite where nothing is earned. */
export function usUntilReleased(bucket: Bucket, policy: BucketPolicy): number {
  return usUntilSaved(bucket, policy, Math.max(1, policy.threshold * policy.tickUs));
}

/** Until there is so much in it, in microseconds, if nothing is used meanwhile; infinite where nothing is earned. */
export function usUntilSaved({ tokensUs, remainder }: Bucket, policy: BucketPolicy, wantedUs: number): number {
  const { rate, interval, tickUs, refill } = policy;
  const missingUs = wantedUs - tokensUs;
  if (missingUs <= 0) return 0;
  if (rate === 0) return Number.POSITIVE_INFINITY;
  if (refill === 'steady') return Math.ceil((missingUs * interval - remainder) / rate);
  return Math.ceil(missingUs / (rate * tickUs)) * interval * tickUs - remainder;
}

/** Until a guest that uses `cpus` processors all the time has drained it, in microseconds; infinite where it never does. */
export function usUntilDrained({ tokensUs }: Bucket, policy: BucketPolicy, cpus: number): number {
  const lossPerUs = cpus - rateOf(policy);
  if (tokensUs <= 0) return 0;
  return lossPerUs <= 0 ? Number.POSITIVE_INFINITY : tokensUs / lossPerUs;
}

// Time that fills the bucket is enough: products of longer ones would leave what a number holds exactly.
function earned({ remainder }: Bucket, policy: BucketPolicy, elapsedUs: number, roomUs: number) {
  const { rate, interval, tickUs, refill } = policy;
  if (refill === 'lump') return earnedInLumps(remainder + elapsedUs, policy);
  if (rate === 0) return { earnedUs: 0, remainder };
  const enoughUs = Math.ceil((Math.max(0, roomUs) * interval) / rate) + interval * tickUs;
  const parts = Math.min(elapsedUs, enoughUs) * rate + remainder;
  return { earnedUs: Math.floor(parts / interval), remainder: parts % interval };
}

// The remainder is kept: without it short looks would lose tokens.
function earnedInLumps(sinceUs: number, { rate, interval, tickUs }: BucketPolicy) {
  const lumpUs = interval * tickUs;
  return { earnedUs: Math.floor(sinceUs / lumpUs) * rate * tickUs, remainder: sinceUs % lumpUs };
}

/** Whether a guest with so much CPU time left has to wait until there is more. */
export function isHeld(wasHeld: boolean, tokensUs: number, { threshold, tickUs }: BucketPolicy): boolean {
  return tokensUs <= 0 || (wasHeld && tokensUs < threshold * tickUs);
}
