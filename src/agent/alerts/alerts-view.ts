import { ALERT_RESOURCES, SEVERITIES } from '../../limits/alert-resource.ts';
import type { AlertNotice, AlertRecord, AlertResource, GuestAlerts } from '../../model/alert.ts';
import type { OpenAlertView, RecentAlertView } from '../../ports/alerts-view.ts';
import { alertLine } from '../../report/alert-text.ts';

/** ISO 8601 of milliseconds since 1970. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** What is going on, told or not. */
export function openViews(guests: ReadonlyMap<string, GuestAlerts>): readonly OpenAlertView[] {
  return [...guests].flatMap(([guest, { resources }]) =>
    ALERT_RESOURCES.flatMap((resource) => {
      const record = resources[resource];
      return record === undefined ? [] : openView(guest, resource, record);
    }),
  );
}

export function recentView(notice: AlertNotice): RecentAlertView {
  const { guest, resource, kind, severity, since, at, hits } = notice;
  return { guest, resource, kind, severity, since: iso(since), until: iso(at), hits, says: alertLine(notice) };
}

function openView(guest: string, resource: AlertResource, record: AlertRecord): readonly OpenAlertView[] {
  const { phase, told, since, hits, level } = record;
  const flaps = told?.kind === 'flapping';
  if (phase === 'ok' && !flaps) return [];
  return [
    {
      guest,
      resource,
      kind: flaps ? 'flapping' : 'limit',
      phase: flaps || phase === 'ok' ? 'firing' : phase,
      severity: SEVERITIES[resource],
      told: told !== undefined,
      since: iso(told?.since ?? since),
      hits,
      ...(level !== undefined && { level }),
    },
  ];
}
