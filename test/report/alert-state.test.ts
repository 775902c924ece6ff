import { expect, test } from 'vitest';
import type { OpenAlertView } from '../../src/ports/alerts-view.ts';
import { alertState, levelText } from '../../src/report/alert-state.ts';

const alert: OpenAlertView = {
  guest: 'web1',
  resource: 'rss',
  kind: 'limit',
  severity: 'warning',
  phase: 'firing',
  told: true,
  since: '2026-11-21T12:00:00.000Z',
  hits: 0,
};

test.each([
  [alert, 'firing'],
  [{ ...alert, told: false }, 'firing, muted'],
  [{ ...alert, told: false, phase: 'pending' }, 'pending'],
  [{ ...alert, kind: 'flapping' }, 'flapping'],
] as const)('of %j it is told %s', (one, state) => {
  expect(alertState(one)).toBe(state);
});

test('a level is told in percent', () => {
  expect(levelText(0.966)).toBe('97 %');
});
