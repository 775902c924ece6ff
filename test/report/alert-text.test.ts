import { expect, test } from 'vitest';
import type { AlertNotice } from '../../src/model/alert.ts';
import { alertLine, alertMeaning, alertRemedy, durationText } from '../../src/report/alert-text.ts';

const S = 1000;
const notice: AlertNotice = {
  state: 'firing',
  kind: 'limit',
  severity: 'warning',
  guest: 'web1',
  resource: 'processes',
  since: 0,
  lastAt: 240 * S,
  at: 300 * S,
  hits: 37,
  untoldHits: 0,
};

test.each<[Partial<AlertNotice>, string]>([
  [{}, 'web1: processes: 37 hits'],
  [{ hits: 0, level: 0.949, resource: 'rss' }, 'web1: resident memory: at 95 % of its limit'],
  [{ hits: 1, level: 1, resource: 'rss' }, 'web1: resident memory: at 100 % of its limit, 1 hit'],
  [{ untoldHits: 1 }, 'web1: processes: 37 hits (1 earlier one was not told)'],
  [{ state: 'resolved' }, 'web1: processes: 37 hits in 4 min, over now'],
  [{ state: 'resolved', hits: 0, level: 0.1 }, 'web1: processes: for 4 min, over now'],
  [
    { state: 'resolved', hits: 1, victims: [{ pid: 7, command: 'hog' }] },
    'web1: processes: 1 hit in 4 min, hog (process 7), over now',
  ],
  [
    { state: 'resolved', untoldHits: 12 },
    'web1: processes: 37 hits in 4 min, over now (12 earlier ones were not told)',
  ],
  [{ kind: 'flapping', hits: 0 }, 'web1: processes: comes and goes'],
  [{ kind: 'flapping' }, 'web1: processes: comes and goes, 37 hits'],
  [{ kind: 'flapping', state: 'resolved' }, 'web1: processes: 37 hits in 4 min, calm now'],
])('%o is said in a line', (replaced, line) => {
  expect(alertLine({ ...notice, ...replaced })).toBe(line);
});

test('an alert about a quarantine says which of its causes it was', () => {
  const alert = { ...notice, hits: 0, level: 1, resource: 'quarantine' } as const;
  expect(alertLine({ ...alert, quarantinedFor: 'ends' })).toBe('web1: starts: ended by itself again and again');
  expect(alertMeaning({ ...alert, quarantinedFor: 'reboots' })).toBe(
    'web1 rebooted from inside again and again, so that it is not started by itself any more.',
  );
  expect(alertLine(alert)).toContain('or the host died with it'); // found by an agent that did not say it
});

test('what it means and what to do about it are sentences', () => {
  expect(alertMeaning({ ...notice, kind: 'flapping', resource: 'cpu' })).toBe(
    'web1 wants more processor time than its policy gives it; that comes and goes, and is told again when it is calm.',
  );
  expect(alertRemedy(notice)).toContain('processes.limit');
  expect(alertRemedy({ ...notice, resource: 'quarantine' })).toMatch(/hostler show web1 .* hostler start web1$/);
});

test.each([
  [0, '1 s'],
  [89 * S, '89 s'],
  [90 * S, '2 min'],
  [89 * 60 * S, '89 min'],
  [25 * 3600 * S, '25 h'],
])('%d ms are %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});
