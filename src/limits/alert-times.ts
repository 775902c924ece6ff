import type { AlertRecord, AlertResource, GuestAlerts } from '../model/alert.ts';
import { ALERT_RESOURCES } from './alert-resource.ts';

/** The same where the calendar was set by so many milliseconds: what began a minute ago still did. What was told stays as it was told. */
export function withCalendarSet({ stopping, resources }: GuestAlerts, byMs: number): GuestAlerts {
  const moved: Partial<Record<AlertResource, AlertRecord>> = {};
  for (const resource of ALERT_RESOURCES) {
    const record = resources[resource];
    if (record !== undefined) moved[resource] = withTimes(record, (at) => at + byMs);
  }
  return { stopping, resources: moved };
}

/** A record that an earlier agent left, whose calendar was ahead: nothing waits for a time that is far away because of that. */
export function notAfter(record: AlertRecord, now: number): AlertRecord {
  return withTimes(record, (at) => Math.min(at, now));
}

function withTimes(record: AlertRecord, change: (at: number) => number): AlertRecord {
  const { since, highSince, clearSince, hitAt, raisedAt, transitions } = record;
  const times = Object.entries({ since, highSince, clearSince, hitAt, raisedAt });
  const changed = times.flatMap(([key, at]) => (at === undefined ? [] : [[key, change(at)]]));
  return { ...record, ...Object.fromEntries(changed), transitions: transitions.map(change) };
}
