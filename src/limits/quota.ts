import type { Bursts, Quota } from '../model/limit.ts';
import type { BucketPolicy, Policy } from '../model/policy.ts';
import { rateOf, sizeUs } from './bucket.ts';

/** Who keeps a guest to its bucket: the kernel alone, or a ledger of ours above a quota that by itself holds it at its rate. */
export type CpuPlan =
  | { readonly by: 'kernel'; readonly quota: Quota }
  | { readonly by: 'ledger'; readonly quota: Quota; readonly why: string };

/** Shorter ones cost more than they give, longer ones than a second the kernel refuses. */
const SHORTEST_PERIOD_US = 1_000;
const LONGEST_PERIOD_US = 1_000_000;
const SMALLEST_QUOTA_US = 1_000;
/** At this length the kernel keeps a share to a tenth of a percent. */
const USUAL_PERIOD_US = 100_000;
/** A quota is to last so long on all processors: so often, and no oftener, is a guest looked at that spends what it saved. */
const QUOTA_LASTS_US = 50_000;

/**
 * How a bucket is kept. The kernel's own pool holds quota + burst at most, and burst at most a quota: it is a bucket of
 * size S and rate r where r P <= S <= 2 r P for a period of at most a second. `cpus` are those of the host.
 */
export function planCpu(policy: BucketPolicy, cpus: number, bursts: Bursts = 'grant'): CpuPlan {
  const why = whyNotByKernel(policy);
  const native = nativeQuota(policy);
  if (why === undefined && native !== undefined) return { by: 'kernel', quota: native };
  return {
    by: 'ledger',
    quota: baseQuota(policy, cpus, bursts),
    why: why ?? 'a bucket so small is below what the kernel counts in',
  };
}

/** Why the kernel does not keep the bucket of this policy by itself; undefined: it does, or there is none. */
export function whyLedger({ cpu: { bucket } }: Pick<Policy, 'cpu'>, cpus: number): string | undefined {
  const plan = bucket && planCpu(bucket, cpus);
  return plan?.by === 'ledger' ? plan.why : undefined;
}

function whyNotByKernel(policy: BucketPolicy): string | undefined {
  const { hold, threshold, refill, idle } = policy;
  if (idle !== undefined) return 'the kernel gives nothing above a quota, however idle others are';
  if (hold === 'strict' && threshold > 0) return 'the kernel does not wait for a threshold';
  if (refill === 'lump') return 'the kernel does not refill in lumps';
  if (halfUs(policy) > LONGEST_PERIOD_US) {
    const longestUs = 2 * rateOf(policy) * LONGEST_PERIOD_US;
    return `the kernel saves up ${Math.floor(longestUs / 1000)} ms at most at this rate`;
  }
  return undefined;
}

/** In which half of the bucket is earned. One division: the quotient of fractions such as 82/5 would be a little more or less. */
function halfUs(policy: BucketPolicy): number {
  return (sizeUs(policy) * policy.interval) / (2 * policy.rate);
}

// Half of the bucket is the quota and half the burst: the longest period, and the fewest refills, that S allows.
function nativeQuota(policy: BucketPolicy): Quota | undefined {
  const periodUs = Math.ceil(halfUs(policy)); // up: never above the rate
  const quotaUs = Math.floor(sizeUs(policy) / 2);
  if (periodUs < SHORTEST_PERIOD_US || quotaUs < SMALLEST_QUOTA_US) return undefined;
  return { quotaUs, periodUs, burstUs: quotaUs };
}

// Whoever keeps the ledger may die: what it leaves behind is the rate, and no more.
function baseQuota(policy: BucketPolicy, cpus: number, bursts: Bursts): Quota {
  const rate = rateOf(policy);
  // A raised quota lasts by itself; and a kernel that fills it up by the period alone lowers it no sooner.
  const lastingUs = bursts === 'lease' ? 0 : (QUOTA_LASTS_US * Math.max(0, cpus - rate)) / rate;
  const wantedUs = Math.max(USUAL_PERIOD_US, Math.ceil(SMALLEST_QUOTA_US / rate), Math.ceil(lastingUs));
  const periodUs = Math.min(LONGEST_PERIOD_US, wantedUs, longestForHold(policy));
  return { quotaUs: Math.max(SMALLEST_QUOTA_US, Math.floor(periodUs * rate)), periodUs, burstUs: 0 };
}

// Who is to stand still does so when the bucket is surely empty: what may be used unseen, two quotas, is no more than half of it.
function longestForHold(policy: BucketPolicy): number {
  if (policy.hold !== 'strict') return LONGEST_PERIOD_US;
  const atLeastUs = Math.max(USUAL_PERIOD_US, Math.ceil(SMALLEST_QUOTA_US / rateOf(policy)));
  return Math.max(atLeastUs, Math.floor(sizeUs(policy) / (4 * rateOf(policy))));
}
