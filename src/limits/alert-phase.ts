import { type AlertPhase, type AlertRecord, MOST_VICTIMS, type QuarantineCause, type Victim } from '../model/alert.ts';
import type { AlertPolicy } from '../model/policy.ts';

/** How long a level must be low before it is over. */
export const CLEAR_REST_MS = 30_000;
/** How long no hit must come: what is over sooner is never told by an Alertmanager that gathers alerts for half a minute. */
export const HITS_REST_MS = 60_000;

/** What a look says of one resource. */
export interface ResourceReading {
  readonly level: number | undefined;
  /** Hits that are told at once, and those that are only counted while an alert is due. */
  readonly refusals: number;
  readonly slowdowns: number;
  /** Whom they hit, as far as that is known. */
  readonly victims: readonly Victim[];
  readonly quarantinedFor?: QuarantineCause | undefined;
}

export const NOTHING_YET: AlertRecord = {
  phase: 'ok',
  since: 0,
  hits: 0,
  untoldHits: 0,
  transitions: [],
  flaps: false,
};

/** A record after a look: only what is the case now counts, not what was meanwhile while nobody looked. */
export function afterReading(
  before: AlertRecord,
  reading: ResourceReading,
  policy: AlertPolicy | undefined,
  forMs: number,
  now: number,
): AlertRecord {
  const seen = { ...before, ...levelTimes(before, reading.level, policy, now), ...hitTimes(before, reading, now) };
  const phase = phaseAfter(clean(seen), reading, forMs, now);
  const since = before.phase === 'ok' && phase !== 'ok' ? now : before.since;
  const hits = seen.hits + (isRaised(phase) ? reading.slowdowns : 0);
  return { ...clean(seen), phase, since, hits, ...victimsAfter(before, reading), ...causeOf(reading) };
}

/** Whether an alert is due, told or not. */
export function isRaised(phase: AlertPhase): boolean {
  return phase === 'firing' || phase === 'resolving';
}

/** When what was raised is over if nothing happens; undefined: the level is not low. */
export function overAt({ clearSince, hitAt, hits, told, raisedAt = 0 }: AlertRecord): number | undefined {
  if (clearSince === undefined) return undefined;
  const toldAt = told !== undefined && hits > 0 ? raisedAt : 0;
  return Math.max(clearSince + CLEAR_REST_MS, hitAt === undefined ? 0 : Math.max(hitAt, toldAt) + HITS_REST_MS);
}

type Times<Key extends keyof AlertRecord> = { readonly [K in Key]: number | undefined };

function levelTimes(
  before: AlertRecord,
  read: number | undefined,
  policy: AlertPolicy | undefined,
  now: number,
): Times<'level' | 'highSince' | 'clearSince'> {
  const level = policy === undefined ? undefined : (read ?? before.level);
  const isHigh = policy !== undefined && level !== undefined && level >= policy.raise;
  const isClear = policy === undefined || level === undefined || level < policy.clear;
  return {
    level,
    highSince: isHigh ? (before.highSince ?? now) : undefined,
    clearSince: isClear ? (before.clearSince ?? now) : undefined,
  };
}

function hitTimes(before: AlertRecord, { refusals }: ResourceReading, now: number) {
  return { hitAt: refusals > 0 ? now : before.hitAt, hits: before.hits + refusals };
}

function victimsAfter({ victims = [] }: AlertRecord, reading: ResourceReading): Pick<AlertRecord, 'victims'> {
  const fresh = reading.victims.map(({ pid, command }) => ({ pid, command }));
  const last = [...victims, ...fresh].slice(-MOST_VICTIMS);
  return last.length === 0 ? {} : { victims: last };
}

function causeOf({ quarantinedFor }: ResourceReading): Pick<AlertRecord, 'quarantinedFor'> {
  return quarantinedFor === undefined ? {} : { quarantinedFor };
}

function phaseAfter(seen: AlertRecord, reading: ResourceReading, forMs: number, now: number): AlertPhase {
  if (!isRaised(seen.phase)) return isDue(seen, reading, forMs, now) ? 'firing' : pendingOrOk(seen);
  const over = overAt(seen);
  if (over !== undefined && over <= now) return 'ok';
  return over !== undefined && reading.refusals === 0 ? 'resolving' : 'firing';
}

function isDue({ highSince }: AlertRecord, { refusals }: ResourceReading, forMs: number, now: number): boolean {
  return refusals > 0 || (highSince !== undefined && now - highSince >= forMs);
}

function pendingOrOk({ highSince }: AlertRecord): AlertPhase {
  return highSince === undefined ? 'ok' : 'pending';
}

type Seen = Omit<AlertRecord, 'level' | 'highSince' | 'clearSince' | 'hitAt'> &
  Times<'level' | 'highSince' | 'clearSince' | 'hitAt'>;

// What is not there has no key, as in JSON.
function clean({ level, highSince, clearSince, hitAt, ...rest }: Seen): AlertRecord {
  return {
    ...rest,
    ...(level !== undefined && { level }),
    ...(highSince !== undefined && { highSince }),
    ...(clearSince !== undefined && { clearSince }),
    ...(hitAt !== undefined && { hitAt }),
  };
}
