import { alertLevels, levelsEveryMs } from '../../limits/levels.ts';
import { policyOf } from '../../limits/policy-of.ts';
import { limitRows } from '../../limits/table.ts';
import type { HitCounters } from '../../model/hits.ts';
import type { LimitsReading } from '../../ports/cgroups.ts';
import { earliest } from '../earliest.ts';
import type { World } from '../world.ts';
import type { LimitRecord } from './record.ts';

/** Tells of new hits, and of what comes near its limit. Answers when to look again, in monotonic milliseconds. */
export function raise(
  world: World,
  name: string,
  record: LimitRecord,
  { held, values }: LimitsReading,
  hits: HitCounters,
): number | undefined {
  const { alerts = {} } = policyOf(world.config, name) ?? {};
  const levels = alertLevels(limitRows(held, values, record.ledger.hits));
  // The kernel's log and its counter need not be heard at once.
  const victims = hits['oom-kill'] === undefined ? [] : record.victims;
  if (victims.length > 0) record.victims = [];
  const wakeAt = world.alerts.take(name, { levels, hits, guest: 'running', victims }, alerts);
  const everyMs = levelsEveryMs(alerts);
  return earliest(wakeAt, everyMs === undefined ? undefined : world.ports.clock.now() + everyMs);
}

/** The guest does not run: what was told of it comes to its end. */
export function rest(world: World, name: string): number | undefined {
  const { alerts = {} } = policyOf(world.config, name) ?? {};
  return world.alerts.take(name, { levels: {}, hits: {}, guest: 'stopped' }, alerts);
}
