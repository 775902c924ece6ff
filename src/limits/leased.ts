import type { LimitValues, Quota } from '../model/limit.ts';

/** A quota that is raised for a while, at most to `mostUs`: a cgroup above may have less. */
export interface Leased {
  readonly quota: Quota;
  readonly mostUs: number;
}

/** What the files hold but for that: a raised quota counts as what it will be again. Whoever leases it writes it, and nobody else. */
export function withoutLease(values: LimitValues, leased: Leased | undefined): LimitValues {
  if (leased === undefined) return values;
  const { quotaUs, periodUs } = leased.quota;
  const isRaised = (us: string | undefined) => Number(us) > quotaUs && Number(us) <= leased.mostUs;
  const [us, period] = values['cpu.max']?.split(' ') ?? [];
  return {
    ...values,
    ...(isRaised(us) && Number(period) === periodUs && { 'cpu.max': `${quotaUs} ${periodUs}` }),
    ...(isRaised(values['cpu.cfs_quota_us']) && { 'cpu.cfs_quota_us': `${quotaUs}` }),
  };
}
