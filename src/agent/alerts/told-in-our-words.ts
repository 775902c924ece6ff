import { ALERT_RESOURCES } from '../../limits/alert-resource.ts';
import type { AlertRecord, AlertResource, GuestAlerts } from '../../model/alert.ts';
import { hasWords } from '../../report/alert-text.ts';

/** What was told in words of another version cannot be ended in ours: what still goes on of it is told anew. */
export function toldInOurWords({ stopping, resources }: GuestAlerts): GuestAlerts {
  const ours: Partial<Record<AlertResource, AlertRecord>> = { ...resources };
  for (const resource of ALERT_RESOURCES) {
    const record = ours[resource];
    if (record?.told && !hasWords({ state: 'resolved', kind: record.told.kind, resource })) {
      const { told: _, ...untold } = record;
      ours[resource] = untold;
    }
  }
  return { stopping, resources: ours };
}
