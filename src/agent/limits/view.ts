import { hitsAfter } from '../../limits/hits.ts';
import { policyOf } from '../../limits/policy-of.ts';
import { limitRows } from '../../limits/table.ts';
import type { LimitsView } from '../../ports/limits-view.ts';
import type { World } from '../world.ts';
import type { LimitRecord } from './record.ts';

/** As the kernel has it now, and all hits ever counted. */
export function limitsView(world: World, guest: string, { ledger, refusals }: LimitRecord): LimitsView {
  const instance = world.records.get(guest)?.guest.instance;
  const reading = instance && world.ports.cgroups.read(instance);
  const policy = policyOf(world.config, guest)?.name;
  const { epoch, counters } = reading ?? { epoch: ledger.hits.epoch, counters: {} };
  const hits = hitsAfter(ledger.hits, epoch, counters, '');
  return {
    guest,
    ...(policy !== undefined && { policy }),
    rows: limitRows(reading?.held ?? {}, reading?.values ?? {}, hits),
    refusals,
  };
}
