import { type LimitingHost, type LimitValues, type Quota, STANDING_STILL_US } from '../model/limit.ts';
import type { CpuPolicy, MemoryPolicy, Policy } from '../model/policy.ts';
import { rateOf } from './bucket.ts';
import { planCpu } from './quota.ts';

/** v1's cpu.shares that are cpu.weight's 100. */
const USUAL_SHARES = 1024;
export const USUAL_WEIGHT = 100;
export const HIGHEST_WEIGHT = 10_000;

/** What the control files of a guest with this policy are to hold, `holds` while it is to stand still. What the policy says nothing of is not among them. */
export function desireLimits(policy: Policy, { hierarchy, cpus, bursts }: LimitingHost, holds = false): LimitValues {
  const { memory, cpu, processes, io } = policy;
  const usual = cpu.bucket === undefined ? undefined : planCpu(cpu.bucket, cpus, bursts).quota;
  const quota = usual && holds ? { ...usual, quotaUs: STANDING_STILL_US } : usual;
  const weight = weightOf(cpu, cpus);
  const common = processes === undefined ? {} : { 'pids.max': `${processes}` };
  if (hierarchy === 'v1') {
    return {
      ...common,
      ...memoryOnV1(memory),
      ...(quota && quotaOnV1(quota)),
      ...(weight !== undefined && { 'cpu.shares': `${sharesOf(weight)}` }),
      ...(io.weight !== undefined && { 'blkio.bfq.weight': `${Math.min(io.weight, 1000)}` }),
    };
  }
  return {
    ...common,
    ...memoryOnV2(memory),
    ...(quota && quotaOnV2(quota)),
    ...(weight !== undefined && { 'cpu.weight': `${weight}` }),
    ...(io.weight !== undefined && { 'io.weight': `default ${io.weight}` }),
  };
}

function memoryOnV2({ barrier, limit, addressSpace, ...kept }: MemoryPolicy): LimitValues {
  const swap = swapOf(limit, addressSpace);
  return {
    ...memoryKept(kept),
    ...(barrier !== undefined && { 'memory.high': pages(barrier) }),
    ...(limit !== undefined && { 'memory.max': pages(limit) }),
    ...(swap !== undefined && { 'memory.swap.max': pages(swap) }),
  };
}

function memoryKept({ min, low, oom }: Pick<MemoryPolicy, 'min' | 'low' | 'oom'>): LimitValues {
  return {
    ...(min !== undefined && { 'memory.min': pages(min) }),
    ...(low !== undefined && { 'memory.low': pages(low) }),
    ...(oom === 'guest' && { 'memory.oom.group': '1' }),
  };
}

// There the soft limit is the barrier's place. For what is kept it has none: it is wanted all the same, and found absent.
function memoryOnV1({ barrier, limit, addressSpace, ...kept }: MemoryPolicy): LimitValues {
  const swap = swapOf(limit, addressSpace);
  return {
    ...memoryKept(kept),
    ...(barrier !== undefined && { 'memory.soft_limit_in_bytes': pages(barrier) }),
    ...(limit !== undefined && { 'memory.limit_in_bytes': pages(limit) }),
    ...(limit !== undefined && swap !== undefined && { 'memory.memsw.limit_in_bytes': pages(limit + swap) }),
  };
}

function swapOf(limit: number | undefined, addressSpace: MemoryPolicy['addressSpace']): number | undefined {
  if (limit === undefined || addressSpace === undefined || addressSpace.enforce === 'data') return undefined;
  return addressSpace.limit - limit;
}

/** The kernel counts in pages and rounds down what it is told; what is read back is to be what was written. */
const PAGE = 4096;

function pages(bytes: number): string {
  return `${Math.floor(bytes / PAGE) * PAGE}`;
}

function quotaOnV2({ quotaUs, periodUs, burstUs }: Quota): LimitValues {
  return { 'cpu.max': `${quotaUs} ${periodUs}`, 'cpu.max.burst': `${burstUs}` };
}

function quotaOnV1({ quotaUs, periodUs, burstUs }: Quota): LimitValues {
  return { 'cpu.cfs_quota_us': `${quotaUs}`, 'cpu.cfs_period_us': `${periodUs}`, 'cpu.cfs_burst_us': `${burstUs}` };
}

/**
 * A guaranteed rate is there under contention when the weight is to the highest as the rate is to the host: all that are
 * guaranteed have the highest weight together at most, and each guest beside them with the usual weight a hundredth of it.
 */
export function weightOf({ bucket, guarantee, weight }: CpuPolicy, cpus: number): number | undefined {
  if (!guarantee || bucket === undefined) return weight;
  const share = Math.min(1, rateOf(bucket) / cpus);
  return Math.max(weight ?? 1, Math.round(share * HIGHEST_WEIGHT));
}

// The kernel's own range ends at 2 and 262144.
function sharesOf(weight: number): number {
  return Math.min(262_144, Math.max(2, Math.round((weight * USUAL_SHARES) / USUAL_WEIGHT)));
}
