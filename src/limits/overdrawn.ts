import type { Quota } from '../model/limit.ts';
import type { BucketPolicy } from '../model/policy.ts';
import { rateOf, type Usage } from './bucket.ts';

/** What the kernel gives above the rate without a grant: the rest of a quota and the next one, twice as long where it doubled the period. */
const MOST_QUOTAS = 6;

/** Whether a guest has used more since then than it was given, although nobody of ours gave it anything: somebody else did. */
export function isOverdrawn(
  since: Usage,
  now: Usage,
  policy: BucketPolicy,
  { quotaUs }: Pick<Quota, 'quotaUs'>,
): boolean {
  const earnedUs = rateOf(policy) * (now.atUs - since.atUs);
  return now.usedUs - since.usedUs - earnedUs > MOST_QUOTAS * quotaUs;
}
