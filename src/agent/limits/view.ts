import { whyLedger } from '../../limits/quota.ts';
import type { LimitsView } from '../../ports/limits-view.ts';
import type { World } from '../world.ts';
import { policyHere } from './policy-here.ts';
import type { LimitRecord } from './record.ts';
import { lookNow, rowsOf } from './seen.ts';
import type { Tracing } from './tracing.ts';

/** As the kernel has it now, and all hits ever counted. */
export function limitsView(world: World, guest: string, record: LimitRecord, tracing: Tracing): LimitsView {
  const reading = lookNow(world, guest, record);
  const policy = policyHere(world, guest);
  const why = policy && whyLedger(policy, world.ports.cgroups.host.cpus);
  return {
    guest,
    ...(policy && { policy: policy.name }),
    ...(why !== undefined && { bucket: why }),
    rows: rowsOf(record, reading),
    refusals: [...record.refusals, ...(tracing.isWantedBy(guest) ? tracing.refusals : [])],
  };
}
