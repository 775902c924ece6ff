import type { OpenAlertView } from '../../src/ports/alerts-view.ts';

/** One that was told and has no hits. */
export const openAlert: OpenAlertView = {
  guest: 'web1',
  resource: 'rss',
  kind: 'limit',
  severity: 'warning',
  phase: 'firing',
  told: true,
  since: '2026-11-21T12:00:00.000Z',
  hits: 0,
};
