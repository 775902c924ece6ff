import { type LimitsPlan, planLimits } from '../../limits/plan.ts';
import { asMeant } from '../../limits/read-back.ts';
import type { LimitsReading } from '../../ports/cgroups.ts';
import type { PlannedWrite } from '../../ports/limits-view.ts';
import type { World } from '../world.ts';
import { admittedPolicy } from './admitted.ts';
import type { LimitRecord } from './record.ts';

/** What a pass would write now; in the guest nothing is changed. */
export function planNow(world: World, name: string, record: LimitRecord, { epoch, values }: LimitsReading): LimitsPlan {
  return planLimits({
    policy: admittedPolicy(world, name).policy,
    host: world.ports.cgroups.host,
    holds: record.holds,
    values: asMeant(values, record.written),
    before: record.ledger.epoch === epoch ? record.ledger.before : {},
  });
}

/** The same with what the files hold; nothing of a stopped guest. */
export function plannedWrites(world: World, name: string, record: LimitRecord): readonly PlannedWrite[] {
  const instance = world.records.get(name)?.guest.instance;
  const reading = instance && world.ports.cgroups.read(instance);
  if (reading === undefined) return [];
  const { writes } = planNow(world, name, record, reading);
  return writes.map((write) => ({ ...write, held: reading.values[write.file] ?? '' }));
}

/** Whether any policy speaks of the guest, or did. */
export function isOurs({ before, absent }: LimitsPlan): boolean {
  return Object.keys(before).length > 0 || absent.length > 0;
}
