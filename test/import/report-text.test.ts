import { expect, test } from 'vitest';
import type { Line, Setting } from '../../src/import/item.ts';
import { reportLines, summary } from '../../src/import/report-text.ts';
import { settle } from '../../src/import/settle.ts';
import { decide, guestKey, none, policyEntry, policyKey, taken } from '../../src/import/verdict.ts';

const rule: Setting = { kind: 'rules', rule: { match: { name: 'fuse' }, take: 'one', access: 'rw' } };
const verdicts = [
  taken('5 x 2', policyKey('processes.limit', 10), guestKey('start.marks', ['edge'])),
  taken('its number', policyEntry('io.devices', { device: '/dev/sda', reads: 5 })),
  taken('by its name', rule),
  none('no such thing'),
  decide('which?'),
];
const lines = verdicts.map(
  (verdict, at): Line => ({ guest: 'web1', file: 'f', line: at + 1, key: 'K', value: at === 3 ? '' : 'v', verdict }),
);

test('each value has a line: where it was, what it is now, and why', () => {
  const settled = settle(['web1'], lines, { rulesFile: 'rules/x.yaml' });
  const findings = [{ guest: 'web1', level: 'warning', says: 'odd' }] as const;
  expect(reportLines({ ...settled, findings })).toEqual([
    'f:1: K = v: taken over as policies/web1.yaml processes.limit = 10, guests/web1.yaml start.marks = [edge] (5 x 2)',
    'f:2: K = v: taken over as policies/web1.yaml io.devices = [{ device: /dev/sda, reads: 5 }] (its number)',
    'f:3: K = v: taken over as rules/x.yaml rule 1 (by its name)',
    'f:4: K: no equivalent (no such thing)',
    'f:5: K = v: needs a decision (which?)',
    'web1: warning: odd',
  ]);
  expect(summary(lines)).toBe('3 taken over, 1 no equivalent, 1 needs a decision, 0 unknown');
});
