import type { StoredAlerts } from '../model/alert-message.ts';
import type { GuestBelongings } from '../model/belongings.ts';
import type { KeptBucket } from '../model/bucket.ts';
import type { Config } from '../model/config.ts';
import type { GuestHistory } from '../model/guest-history.ts';
import type { GuestLedger, Memory } from '../model/ledger.ts';
import type { LimitsLedger } from '../model/limits-ledger.ts';
import { START_PHASES, type StartsState } from '../model/start.ts';
import { PHASES, type StopState, type WaitingStops } from '../model/stop.ts';

/** The shape was written by us and its checksum fits; this guards against another version's fields. */
export function isLedger(value: unknown): value is GuestLedger {
  return (
    isRecord(value) &&
    typeof value.instance === 'string' &&
    ['nodes', 'links', 'folders', 'grants', 'released'].every((key) => Array.isArray(value[key])) &&
    isRecord(value.corrections)
  );
}

export function isMemory(value: unknown): value is Memory {
  return isRecord(value) && Object.values(value).every(isRecord);
}

export function isLimits(value: unknown): value is LimitsLedger {
  return (
    isRecord(value) &&
    typeof value.epoch === 'string' &&
    isRecord(value.before) &&
    (value.data === undefined || (isRecord(value.data) && Array.isArray(value.data.given))) &&
    isRecord(value.hits) &&
    isRecord(value.hits.hits)
  );
}

export function isAlerts(value: unknown): value is StoredAlerts {
  return (
    isRecord(value) &&
    isRecord(value.guests) &&
    Object.values(value.guests).every((guest) => isRecord(guest) && isRecord(guest.resources)) &&
    Array.isArray(value.recent) &&
    isRecord(value.queues) &&
    Object.values(value.queues).every(Array.isArray)
  );
}

export function isBucket(value: unknown): value is KeptBucket {
  if (!isRecord(value) || typeof value.epoch !== 'string' || !isRecord(value.bucket)) return false;
  const { bucket } = value;
  return ['tokensUs', 'remainder', 'atUs', 'usedUs'].every((key) => Number.isFinite(bucket[key]));
}

export function isStop(value: unknown): value is StopState {
  return (
    isRecord(value) &&
    isRecord(value.of) &&
    isRecord(value.settings) &&
    Array.isArray(value.settings.before) &&
    PHASES.some((phase) => phase === value.phase) &&
    [value.askedAt, value.killAt, value.since, value.ownKillAt ?? 0, value.hostEndsAt ?? 0].every(Number.isFinite) &&
    ['halts', 'nags', 'terms', 'looks', 'kills'].every((key) => isRecord(value[key]))
  );
}

export function isBelongings(value: unknown): value is GuestBelongings {
  return (
    isRecord(value) &&
    typeof value.bootId === 'string' &&
    Array.isArray(value.starts) &&
    value.starts.every((start) => isRecord(start) && isRecord(start.of) && isHad(start.has))
  );
}

function isHad(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => isRecord(one) && typeof one.id === 'string');
}

export function isWaitingStops(value: unknown): value is WaitingStops {
  return (
    isRecord(value) &&
    typeof value.bootId === 'string' &&
    ['number', 'undefined'].includes(typeof value.endsAt) &&
    Array.isArray(value.stops) &&
    value.stops.every(isWaitingStop)
  );
}

function isWaitingStop(value: unknown): boolean {
  return isRecord(value) && typeof value.of === 'string' && isWish(value);
}

// Whom to stop, and how.
function isWish(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value.guest === 'string' &&
    typeof value.kill === 'boolean' &&
    (value.timeoutMs === undefined || Number.isFinite(value.timeoutMs))
  );
}

export function isStarts(value: unknown): value is StartsState {
  return (
    isRecord(value) &&
    typeof value.bootId === 'string' &&
    typeof value.hasBooted === 'boolean' &&
    Array.isArray(value.starts) &&
    (value.unwanted === undefined || (Array.isArray(value.unwanted) && value.unwanted.every(isWish)))
  );
}

/** One that an agent of another version wrote may lack something; the others are started all the same. */
export function isStart(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value.guest === 'string' &&
    isRecord(value.settings) &&
    Array.isArray(value.settings.after) &&
    isRecord(value.settings.ready) &&
    Number.isFinite(value.settings.timeoutMs) &&
    START_PHASES.some((phase) => phase === value.phase) &&
    Number.isFinite(value.since)
  );
}

export function isHistory(value: unknown): value is GuestHistory {
  return (
    isRecord(value) &&
    Array.isArray(value.stops) &&
    value.stops.every((stop) => isRecord(stop) && Number.isFinite(stop.tookMs)) &&
    Array.isArray(value.crashes) &&
    Array.isArray(value.restarts) &&
    (value.evidence === undefined || (isRecord(value.evidence) && Array.isArray(value.evidence.processes))) &&
    Number.isFinite(value.inARow)
  );
}

export function isConfig(value: unknown): value is Config {
  return (
    isRecord(value) &&
    Array.isArray(value.rules) &&
    Array.isArray(value.guests) &&
    Array.isArray(value.policies) &&
    isRecord(value.settings) &&
    'damping' in value.settings &&
    'alerts' in value.settings &&
    'reserve' in value.settings &&
    'metrics' in value.settings
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
