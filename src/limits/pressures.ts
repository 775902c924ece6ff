import type { Pressures } from '../model/limit.ts';
import type { Policy } from '../model/policy.ts';
import { planCpu } from './quota.ts';

/** What is to be told of a guest with this policy. A bucket that the kernel keeps by itself needs nobody who hears that it is empty. */
export function wantedPressures(policy: Policy | undefined, cpus: number): Pressures {
  if (policy === undefined) return { cpu: false, memory: false };
  const { cpu, memory, alerts } = policy;
  const isDriven = cpu.bucket !== undefined && planCpu(cpu.bucket, cpus).by === 'ledger';
  return { cpu: isDriven || alerts.cpu !== undefined, memory: alerts.rss !== undefined || memory.thrash !== undefined };
}
