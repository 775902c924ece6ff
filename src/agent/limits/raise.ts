import { alertLevels, looksEveryMs } from '../../limits/levels.ts';
import { policyOf } from '../../limits/policy-of.ts';
import { type CpuLook, cpuLook, isWindow, saturation } from '../../limits/saturation.ts';
import { dataLevel } from '../../limits/shared-data.ts';
import { limitRows } from '../../limits/table.ts';
import { type AlertLevels, MOST_VICTIMS, type Victim } from '../../model/alert.ts';
import type { Refusal } from '../../model/failure.ts';
import type { HitCounters } from '../../model/hits.ts';
import type { BucketPolicy } from '../../model/policy.ts';
import type { LimitsReading } from '../../ports/cgroups.ts';
import { earliest } from '../earliest.ts';
import { lifeOf } from '../stopping.ts';
import type { Ports, World } from '../world.ts';
import { leaveUntold } from './hits.ts';
import { countMissing } from './kills.ts';
import { policyHere } from './policy-here.ts';
import { type LimitRecord, NOTHING_UNTOLD } from './record.ts';

/** Tells of new hits, and of what comes near its limit. Answers when to look again, in monotonic milliseconds. */
export function raise(
  world: World,
  name: string,
  record: LimitRecord,
  { held, values, counters, below }: LimitsReading,
  hits: HitCounters,
): number | undefined {
  const now = world.ports.clock.now();
  leaveUntold(record, hits);
  if (waitsForMore(world, record, now)) return record.untold.until;
  const policy = policyHere(world, name);
  const { alerts = {} } = policy ?? {};
  const levels = {
    ...withData(alertLevels(limitRows(held, values, record.ledger.hits, record.data), held), record.data),
    ...cpuLevel(record, cpuLook(held, counters, now), policy?.cpu.bucket),
    foreign: isFoughtOver(record.refusals) ? 1 : 0,
    thrash: record.thrash.isTold ? 1 : 0,
  };
  const told = record.untold.hits;
  record.victims = record.victims.filter(({ at }) => now - at < LOG_MS);
  const victims = told['oom-kill'] === undefined ? [] : record.victims;
  if (victims.length > 0) record.victims = [];
  if (told['oom-kill'] !== undefined && victims.length === 0) record.namelessUntil = now + LOG_MS;
  const { refused } = record;
  record.refused = [];
  record.untold = NOTHING_UNTOLD;
  const guest = lifeOf(world, name);
  const wakeAt = world.alerts.take(name, { levels, hits: told, guest, victims, refused }, alerts);
  // Of what is counted below nobody is told, as on v1.
  const everyMs = policy && looksEveryMs(alerts, below ? 'v1' : world.ports.cgroups.host.hierarchy);
  return earliest(wakeAt, everyMs === undefined ? undefined : now + everyMs);
}

function withData(levels: AlertLevels, data: LimitRecord['data']): AlertLevels {
  return data === undefined ? levels : { ...levels, as: Math.max(levels.as ?? 0, dataLevel(data)) };
}

function cpuLevel(record: LimitRecord, look: CpuLook | undefined, bucket: BucketPolicy | undefined): AlertLevels {
  if (bucket === undefined) return { cpu: 0 };
  const from = record.cpuLook;
  if (look === undefined || (from !== undefined && !isWindow(from, look))) return {};
  record.cpuLook = look;
  return from === undefined ? {} : { cpu: saturation(from, look, bucket) };
}

export function isFoughtOver(refusals: readonly Refusal[]): boolean {
  return refusals.some(({ code }) => code === 'E_LIMIT_FIGHT');
}

/** The kernel counts a kill before it logs whom: nearly always both are there at once, and where it has no time in between, soon. */
const NAME_MS = 500;
/** And hardly ever so much later. */
const LOG_MS = 1000;
/** That memory is out is counted a moment before who is killed for it: one alert tells of both. */
const KILL_MS = 90;

function waitsForMore({ hearsKernel }: World, record: LimitRecord, now: number): boolean {
  const { hits, until, of } = record.untold;
  // Without its log nobody is named, whoever waits.
  const missing = missingOf(hits, !hearsKernel || record.victims.length > 0);
  if (missing === undefined) return false;
  const isNew = until === undefined || of !== missing;
  const later = isNew ? now + (missing === 'name' ? NAME_MS : KILL_MS) : until;
  record.untold = { hits, until: later, of: missing };
  return now < later;
}

function missingOf(hits: HitCounters, hasNames: boolean): 'kill' | 'name' | undefined {
  if (hits['oom-kill'] !== undefined) return hasNames ? undefined : 'name';
  return hits.oom === undefined ? undefined : 'kill';
}

/** The guest does not run: what was told of it comes to its end. */
export function rest(world: World, name: string, record: LimitRecord): number | undefined {
  const { alerts = {} } = policyOf(world.config, name) ?? {};
  if (record.of === undefined) leaveUntold(record, countMissing(world, record));
  const {
    victims,
    refused,
    untold: { hits },
  } = record;
  record.untold = NOTHING_UNTOLD;
  record.refused = [];
  if (record.of === undefined) record.victims = [];
  const untold = { levels: {}, hits, guest: lifeOf(world, name), victims, refused };
  if (Object.keys(hits).length > 0) world.alerts.take(name, untold, alerts);
  return world.alerts.take(name, { levels: {}, hits: {}, guest: 'stopped' }, alerts);
}

/** A process was killed. One whose end was told without its name is not told again. */
export function noteVictim({ clock }: Pick<Ports, 'clock'>, record: LimitRecord, victim: Victim): void {
  const at = clock.now();
  if (at >= record.namelessUntil) record.victims = [...record.victims, { ...victim, at }].slice(-MOST_VICTIMS);
}
