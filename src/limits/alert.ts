import type {
  AlertNotice,
  AlertReading,
  AlertRecord,
  AlertResource,
  AlertRules,
  AlertStep,
  GuestAlerts,
} from '../model/alert.ts';
import { calmAt, FLAPS_WITHIN_MS, withFlaps } from './alert-flaps.ts';
import { afterReading, isRaised, NOTHING_YET, overAt } from './alert-phase.ts';
import { isNothing, policyOf, readingOf } from './alert-reading.ts';
import { ALERT_RESOURCES, MUTED_BY } from './alert-resource.ts';
import { notAfter } from './alert-times.ts';
import { cooledAt, endOf, openOf, type Telling, tell, withOwed } from './alert-told.ts';

export const NO_ALERTS: GuestAlerts = { stopping: false, resources: {} };

/** Of resources whose policy does not say it. */
const FOR_MS = 30_000;

/**
 * The alerts of a guest after a look at it. A level is as it was until it is read again; looked at again at `wakeAt`, with
 * or without anything new. For every notice `firing` there is one `resolved`, and hits are in exactly one of those.
 */
export function alertsAfter(
  before: GuestAlerts,
  guest: string,
  reading: AlertReading,
  rules: AlertRules,
  now: number,
): AlertStep {
  const resources: Partial<Record<AlertResource, AlertRecord>> = {};
  const notices: AlertNotice[] = [];
  const wakes: number[] = [];
  for (const resource of ALERT_RESOURCES) {
    const isPart = MUTED_BY[resource].some((other) => resources[other]?.told !== undefined);
    const muted = isPart || reading.guest === 'stopping';
    const telling = { guest, resource, muted, cooldownMs: rules.cooldownMs, now };
    const step = recordAfter(before, reading, rules, telling);
    if (step === undefined) continue;
    notices.push(...step.notices);
    if (isOfUse(step.record, telling)) resources[resource] = step.record;
    wakes.push(...wakesOf(step.record, telling, forMsOf(resource, rules)));
  }
  const wakeAt = Math.min(...wakes.filter((at) => at > now));
  const state = { stopping: reading.guest === 'stopping', resources };
  return { state, notices, ...(Number.isFinite(wakeAt) && { wakeAt }) };
}

/** What is to be told when a guest is not on the host any more. */
export function alertsEnd(state: GuestAlerts, guest: string, now: number): readonly AlertNotice[] {
  return noticesOf(state, guest, now, endOf);
}

/** What was told of a guest and goes on. */
export function openAlerts(state: GuestAlerts, guest: string, now: number): readonly AlertNotice[] {
  return noticesOf(state, guest, now, openOf);
}

function noticesOf({ resources }: GuestAlerts, guest: string, now: number, find: typeof openOf) {
  return ALERT_RESOURCES.flatMap((resource) => {
    const record = resources[resource];
    return record === undefined ? [] : find(record, { guest, resource, muted: false, cooldownMs: 0, now });
  });
}

function recordAfter(before: GuestAlerts, reading: AlertReading, rules: AlertRules, telling: Telling) {
  const { resource, now } = telling;
  const known = before.resources[resource];
  const read = readingOf(resource, reading);
  if (known === undefined && isNothing(read)) return undefined;
  const former = notAfter(known ?? NOTHING_YET, now);
  const seen = afterReading(former, read, policyOf(resource, rules), forMsOf(resource, rules), now);
  // What came up during a stop, and was told to nobody, is over with it.
  const isOver = before.stopping && reading.guest === 'stopped' && seen.told === undefined;
  const record = isOver
    ? { ...seen, phase: 'ok' as const, transitions: [], flaps: false }
    : withFlaps(former, seen, now);
  return tell(withOwed(record, telling), telling);
}

function forMsOf(resource: AlertResource, rules: AlertRules): number {
  return policyOf(resource, rules)?.forMs ?? FOR_MS;
}

function isOfUse(record: AlertRecord, telling: Telling): boolean {
  const { phase, told, hits, untoldHits, transitions } = record;
  if (phase !== 'ok' || told !== undefined || hits + untoldHits > 0) return true;
  const isRecent = transitions.some((at) => telling.now - at < FLAPS_WITHIN_MS);
  return isRecent || cooledAt(record, telling) > telling.now;
}

function wakesOf(record: AlertRecord, telling: Telling, forMs: number): readonly number[] {
  const { phase, told, owes, highSince, flaps } = record;
  const wakes: (number | undefined)[] = [flaps ? calmAt(record) : undefined];
  if (isRaised(phase)) wakes.push(overAt(record));
  const isUntold = phase === 'firing' ? told === undefined : owes && phase === 'ok';
  if (isUntold && !telling.muted) wakes.push(cooledAt(record, telling));
  if (phase === 'pending' && highSince !== undefined) wakes.push(highSince + forMs);
  return wakes.filter((at) => at !== undefined);
}
