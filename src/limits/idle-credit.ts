import type { Bucket } from '../model/bucket.ts';
import type { BucketPolicy } from '../model/policy.ts';
import { isHeld } from './bucket.ts';

/** CPU time that others left idle, microseconds: what a guest was given of it and did not use, and what it ever used. */
export interface IdleCredit {
  readonly leftUs: number;
  readonly usedUs: number;
}

export const NO_CREDIT: IdleCredit = { leftUs: 0, usedUs: 0 };

/**
 * What was used and not earned is paid from it, and it is never saved up in the bucket. A debt of `usualUs` is none: the kernel gives
 * what is earned in a period at its begin.
 */
export function repaid(
  bucket: Bucket,
  { leftUs, usedUs }: IdleCredit,
  usualUs: number,
): { readonly bucket: Bucket; readonly credit: IdleCredit } {
  const paidUs = Math.min(leftUs, Math.max(0, -usualUs - bucket.tokensUs));
  return {
    bucket: { ...bucket, tokensUs: bucket.tokensUs + paidUs },
    credit: { leftUs: leftUs - paidUs, usedUs: usedUs + paidUs },
  };
}

/** What the guest may use now. The threshold is one of standing still: who goes on at its rate is given more at once. */
export function withCredit(bucket: Bucket, wasHeld: boolean, { leftUs }: IdleCredit, policy: BucketPolicy): Bucket {
  if (leftUs === 0) return bucket;
  if (policy.hold === 'smooth' && bucket.held) return { ...bucket, tokensUs: leftUs, held: false };
  const tokensUs = bucket.tokensUs + leftUs;
  return { ...bucket, tokensUs, held: isHeld(wasHeld, tokensUs, policy) };
}
