import { policyOf } from '../../limits/policy-of.ts';
import type { LimitsView } from '../../ports/limits-view.ts';
import type { World } from '../world.ts';
import type { LimitRecord } from './record.ts';
import { lookNow, rowsOf } from './seen.ts';

/** As the kernel has it now, and all hits ever counted. */
export function limitsView(world: World, guest: string, record: LimitRecord): LimitsView {
  const reading = lookNow(world, guest, record);
  const policy = policyOf(world.config, guest)?.name;
  return {
    guest,
    ...(policy !== undefined && { policy }),
    rows: rowsOf(record.ledger, reading),
    refusals: record.refusals,
  };
}
