import type { AlertKind, AlertNotice, AlertRecord, AlertResource, ToldAlert } from '../model/alert.ts';
import { isRaised } from './alert-phase.ts';
import { SEVERITIES, WITHOUT_COOLDOWN } from './alert-resource.ts';

/** Whose record it is, and what keeps it from being told. */
export interface Telling {
  readonly guest: string;
  readonly resource: AlertResource;
  readonly muted: boolean;
  readonly cooldownMs: number;
  readonly now: number;
}

export interface Told {
  readonly record: AlertRecord;
  readonly notices: readonly AlertNotice[];
}

/** Ends what was told and is so no more, then tells what is so now: never more than one alert of a record is open. */
export function tell(record: AlertRecord, telling: Telling): Told {
  const wanted = wantedKind(record, telling);
  const { told } = record;
  if (told !== undefined && told.kind === wanted) return { record, notices: [] };
  const ended = told === undefined ? record : withoutTold(record);
  const resolved = endOf(record, telling);
  if (wanted === undefined) return { record: counted(owing(ended, telling)), notices: resolved };
  const raised = { kind: wanted, since: wanted === 'limit' ? record.since : telling.now };
  return {
    record: { ...ended, told: raised, raisedAt: telling.now },
    notices: [...resolved, notice('firing', raised, ended, telling)],
  };
}

/** Hits of which the cooldown alone kept somebody from being told are news when it is over, also if they are over as well. */
export function withOwed(record: AlertRecord, telling: Telling): AlertRecord {
  const { phase, owes, flaps, hits, untoldHits, hitAt = telling.now, transitions, ...rest } = record;
  const isQuiet = phase === 'ok' && !flaps && record.told === undefined;
  const isNews = owes && isQuiet && !telling.muted && cooledAt(record, telling) <= telling.now;
  if (!isNews) return record;
  const told = { phase: 'firing' as const, since: hitAt, hitAt, hits: hits + untoldHits, untoldHits: 0 };
  return { ...rest, ...told, flaps, transitions: transitions.slice(0, -1) }; // it ends once, and not before it is told
}

/** When it may be told at the earliest. */
export function cooledAt({ raisedAt }: AlertRecord, { resource, cooldownMs }: Omit<Telling, 'now'>): number {
  return raisedAt === undefined || WITHOUT_COOLDOWN.has(resource) ? 0 : raisedAt + cooldownMs;
}

/** The end of what was told, where it is over because its guest is no more. */
export function endOf(record: AlertRecord, telling: Telling): readonly AlertNotice[] {
  return record.told === undefined ? [] : [notice('resolved', record.told, record, telling)];
}

/** What was told and goes on, as it is now. */
export function openOf(record: AlertRecord, telling: Telling): readonly AlertNotice[] {
  return record.told === undefined ? [] : [notice('firing', record.told, record, telling)];
}

function wantedKind(record: AlertRecord, telling: Telling): AlertKind | undefined {
  const { told, phase, flaps } = record;
  if (flaps) return told?.kind === 'flapping' || !telling.muted ? 'flapping' : undefined;
  if (!isRaised(phase)) return undefined;
  if (told?.kind === 'limit') return 'limit';
  const isNews = phase === 'firing' && !telling.muted && cooledAt(record, telling) <= telling.now;
  return isNews ? 'limit' : undefined;
}

function owing(record: AlertRecord, telling: Telling): AlertRecord {
  const { phase, hits, flaps } = record;
  const isKeptBack = phase === 'firing' && !flaps && !telling.muted && cooledAt(record, telling) > telling.now;
  return isKeptBack && hits > 0 ? { ...record, owes: true } : record;
}

// What was over before anybody was told of it is told the next time.
function counted(record: AlertRecord): AlertRecord {
  if (record.phase !== 'ok' || record.hits === 0) return record;
  const { victims, ...rest } = record;
  const owed = record.owes && victims !== undefined ? { victims } : {};
  return { ...rest, ...owed, hits: 0, untoldHits: record.untoldHits + record.hits };
}

function withoutTold({ told: _, owes: __, victims: ___, ...record }: AlertRecord): AlertRecord {
  return { ...record, hits: 0, untoldHits: 0 };
}

function notice(
  state: AlertNotice['state'],
  { kind, since }: ToldAlert,
  record: AlertRecord,
  { guest, resource, now }: Telling,
): AlertNotice {
  const { hits, untoldHits, level, victims, quarantinedFor } = record;
  return {
    state,
    kind,
    severity: SEVERITIES[resource],
    guest,
    resource,
    since,
    lastAt: Math.max(since, state === 'firing' ? now : lastAt(kind, record)),
    at: now,
    hits,
    untoldHits,
    ...(level !== undefined && { level }),
    ...(victims !== undefined && { victims }),
    ...(quarantinedFor !== undefined && { quarantinedFor }),
  };
}

function lastAt(kind: AlertKind, { hitAt = 0, clearSince = 0, transitions }: AlertRecord): number {
  return kind === 'flapping' ? (transitions.at(-1) ?? 0) : Math.max(hitAt, clearSince);
}
