import { policyOf } from '../../limits/policy-of.ts';
import type { LimitsReading } from '../../ports/cgroups.ts';
import type { World } from '../world.ts';
import { countHits } from './hits.ts';
import { raise } from './raise.ts';
import type { LimitRecord } from './record.ts';
import { readNow } from './seen.ts';

/** Counts what was hit until this reading, and tells of it. Answers when to look again, in monotonic milliseconds. */
export function countAndRaise(
  world: World,
  name: string,
  record: LimitRecord,
  reading: LimitsReading,
): number | undefined {
  const hits = isOurs(world, name, record) ? countHits(world, record, reading) : {};
  return raise(world, name, record, reading, hits);
}

/** The same while a pass over this guest waits for the kernel: of a kill is told at once whatever is under way. */
export function countBeside(world: World, name: string, record: LimitRecord): number | undefined {
  const reading = readNow(world, name, record);
  // Another life of the cgroup is for the next pass.
  if (reading === undefined || reading.epoch !== record.ledger.epoch) return undefined;
  const wakeAt = countAndRaise(world, name, record, reading);
  return isUntold(record) ? wakeAt : undefined;
}

/** Whether something was counted that is told in a moment, when more is known of it. */
export function isUntold({ untold }: LimitRecord): boolean {
  return untold.until !== undefined;
}

/** Whether any policy speaks of the guest, or did. */
export function isOurs(world: World, name: string, record: LimitRecord): boolean {
  return policyOf(world.config, name) !== undefined || Object.keys(record.ledger.before).length > 0;
}
