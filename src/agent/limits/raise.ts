import { sumOfHits } from '../../limits/hits.ts';
import { alertLevels, levelsEveryMs } from '../../limits/levels.ts';
import { policyOf } from '../../limits/policy-of.ts';
import { limitRows } from '../../limits/table.ts';
import type { HitCounters } from '../../model/hits.ts';
import type { LimitsReading } from '../../ports/cgroups.ts';
import { earliest } from '../earliest.ts';
import type { World } from '../world.ts';
import { type LimitRecord, NOTHING_UNTOLD } from './record.ts';

/** Tells of new hits, and of what comes near its limit. Answers when to look again, in monotonic milliseconds. */
export function raise(
  world: World,
  name: string,
  record: LimitRecord,
  { held, values }: LimitsReading,
  hits: HitCounters,
): number | undefined {
  const now = world.ports.clock.now();
  record.untold = { hits: sumOfHits(record.untold.hits, withoutReclaim(hits)), until: record.untold.until };
  if (waitsForName(record, now)) return record.untold.until;
  const { alerts = {} } = policyOf(world.config, name) ?? {};
  const levels = alertLevels(limitRows(held, values, record.ledger.hits), held);
  const told = record.untold.hits;
  const victims = told['oom-kill'] === undefined ? [] : record.victims;
  if (victims.length > 0) record.victims = [];
  record.untold = NOTHING_UNTOLD;
  const wakeAt = world.alerts.take(name, { levels, hits: told, guest: 'running', victims }, alerts);
  const everyMs = levelsEveryMs(alerts);
  return earliest(wakeAt, everyMs === undefined ? undefined : now + everyMs);
}

// At its limit a guest's cache is taken back, over and over, and nobody misses it: what hurts is a kill, or a level.
function withoutReclaim({ rss: _, ...hits }: HitCounters): HitCounters {
  return hits;
}

/** The kernel's counter is often heard a moment before its log. */
const NAME_MS = 50;

function waitsForName(record: LimitRecord, now: number): boolean {
  if (record.untold.hits['oom-kill'] === undefined || record.victims.length > 0) return false;
  if (record.untold.until === undefined) record.untold = { ...record.untold, until: now + NAME_MS };
  return now < (record.untold.until ?? now);
}

/** The guest does not run: what was told of it comes to its end. */
export function rest(world: World, name: string): number | undefined {
  const { alerts = {} } = policyOf(world.config, name) ?? {};
  return world.alerts.take(name, { levels: {}, hits: {}, guest: 'stopped' }, alerts);
}
