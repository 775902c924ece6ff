import type { StoredAlerts } from '../model/alert-message.ts';
import type { GuestBelongings } from '../model/belongings.ts';
import type { KeptBucket } from '../model/bucket.ts';
import type { Config } from '../model/config.ts';
import type { GuestHistory } from '../model/guest-history.ts';
import type { GuestLedger, Memory } from '../model/ledger.ts';
import type { LimitsLedger } from '../model/limits-ledger.ts';
import { START_PHASES, type StartsState } from '../model/start.ts';
import type { StopState, WaitingStops } from '../model/stop.ts';

/** The shape was written by us and its checksum fits; this guards against another version's fields. */
export function isLedger(value: unknown): value is GuestLedger {
  return (
    isRecord(value) &&
    typeof value.instance === 'string' &&
    Object.entries(OWNED).every(([key, texts]) => isEach(value[key], texts)) &&
    isTexts(value.folders) &&
    (value.told === undefined || isEach(value.told, ['number', 'device'])) &&
    isRecord(value.corrections)
  );
}

/** What each thing in a ledger has at least. */
const OWNED = {
  nodes: ['path', 'number', 'rule', 'device', 'memory', 'unplug'],
  links: ['path', 'target'],
  grants: ['number', 'access'],
  released: ['number', 'rule', 'device', 'unplug'],
};

function isEach(value: unknown, texts: readonly string[]): boolean {
  return (
    Array.isArray(value) && value.every((one) => isRecord(one) && texts.every((key) => typeof one[key] === 'string'))
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

/** Whatever phase it is in. */
export function isStop(value: unknown): value is StopState {
  return (
    isRecord(value) &&
    isInstance(value.of) &&
    typeof value.cgroupId === 'string' &&
    typeof value.bootId === 'string' &&
    isStopSettings(value.settings) &&
    [value.askedAt, value.killAt, value.since, value.hooks, value.hookAt].every(Number.isFinite) &&
    STOP_TIMES.every((key) => isNumberIfThere(value[key])) &&
    ['halts', 'nags', 'terms', 'looks', 'kills'].every((key) => isSent(value[key])) &&
    (value.watches === undefined || isSent(value.watches)) &&
    (value.blockers === undefined || (Array.isArray(value.blockers) && value.blockers.every(isRecord)))
  );
}

const STOP_TIMES = ['ownKillAt', 'hostEndsAt', 'reboots', 'from', 'beforeUntil', 'endedAt', 'comesBy'];

function isStopSettings(value: unknown): boolean {
  return (
    isRecord(value) &&
    Number.isFinite(value.timeoutMs) &&
    Array.isArray(value.before) &&
    value.before.every((hook) => isRecord(hook) && isTexts(hook.words) && Number.isFinite(hook.timeoutMs)) &&
    (value.halt === undefined || isRecord(value.halt))
  );
}

function isSent(value: unknown): boolean {
  return (
    isRecord(value) && Number.isFinite(value.count) && Number.isFinite(value.at) && isNumberIfThere(value.processes)
  );
}

function isInstance(value: unknown): boolean {
  return (
    isRecord(value) &&
    Number.isFinite(value.pid) &&
    typeof value.startTime === 'string' &&
    typeof value.cgroup === 'string'
  );
}

function isNumberIfThere(value: unknown): boolean {
  return value === undefined || Number.isFinite(value);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

export function isBelongings(value: unknown): value is GuestBelongings {
  return (
    isRecord(value) &&
    typeof value.bootId === 'string' &&
    Array.isArray(value.starts) &&
    value.starts.every((start) => isRecord(start) && isInstance(start.of) && isHad(start.has))
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
    Array.isArray(value.stops)
  );
}

/** The others are stopped all the same. */
export function isWaitingStop(value: unknown): boolean {
  return isRecord(value) && typeof value.of === 'string' && isWish(value);
}

/** Whom to stop, and how. */
export function isWish(value: unknown): boolean {
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
    (value.unwanted === undefined || Array.isArray(value.unwanted))
  );
}

/** One that an agent of another version wrote may lack something; the others are started all the same. */
export function isStart(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value.guest === 'string' &&
    isRecord(value.settings) &&
    isTexts(value.settings.after) &&
    isRecord(value.settings.ready) &&
    Number.isFinite(value.settings.timeoutMs) &&
    START_PHASES.some((phase) => phase === value.phase) &&
    Number.isFinite(value.since) &&
    (value.of === undefined || isInstance(value.of)) &&
    isNumberIfThere(value.notBefore) &&
    isNumberIfThere(value.tries)
  );
}

export function isHistory(value: unknown): value is GuestHistory {
  return (
    isRecord(value) &&
    Array.isArray(value.stops) &&
    value.stops.every((stop) => isRecord(stop) && Number.isFinite(stop.tookMs)) &&
    isNumbers(value.crashes) &&
    isNumbers(value.restarts) &&
    (value.reboots === undefined || isNumbers(value.reboots)) &&
    (value.run === undefined || (isRecord(value.run) && typeof value.run.instance === 'string')) &&
    (value.ending === undefined || (isRecord(value.ending) && Number.isFinite(value.ending.at))) &&
    (value.end === undefined || (isRecord(value.end) && Number.isFinite(value.end.at))) &&
    (value.hostDeaths === undefined || (isRecord(value.hostDeaths) && Number.isFinite(value.hostDeaths.count))) &&
    (value.evidence === undefined || (isRecord(value.evidence) && Array.isArray(value.evidence.processes))) &&
    Number.isFinite(value.inARow)
  );
}

function isNumbers(value: unknown): boolean {
  return Array.isArray(value) && value.every(Number.isFinite);
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

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
