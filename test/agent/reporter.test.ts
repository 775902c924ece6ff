import { expect, test } from 'vitest';
import { createReporter } from '../../src/agent/reporter.ts';
import { failures } from '../../src/model/failure.ts';
import type { JournalEntry } from '../../src/ports/host.ts';
import { createHistory } from '../../src/report/history.ts';
import { handClock } from '../fakes/clock.ts';

function reporter() {
  const log: JournalEntry[] = [];
  const clock = handClock(0);
  return { log, clock, report: createReporter(createHistory(10), clock, (entry) => log.push(entry)) };
}

test('a fact goes to the history with its time and to the journal with its fields', () => {
  const { log, report } = reporter();
  report.fact({ kind: 'action', guest: 'web1', rule: 'port', device: '/devices/x', action: 'grant', says: 'done' });
  expect(report.history.after(0)).toEqual([
    {
      number: 1,
      time: '1970-01-01T00:00:00.000Z',
      kind: 'action',
      severity: 'info',
      guest: 'web1',
      rule: 'port',
      device: '/devices/x',
      action: 'grant',
      says: 'done',
    },
  ]);
  expect(log).toEqual([
    {
      message: 'done',
      messageId: expect.stringMatching(/^[0-9a-f]{32}$/),
      priority: 6,
      fields: { HOSTLER_GUEST: 'web1', HOSTLER_RULE: 'port', HOSTLER_DEVICE: '/devices/x', HOSTLER_ACTION: 'grant' },
    },
  ]);
});

test.each([
  ['E_ACTION', 3],
  ['W_HOLDER', 4],
] as const)("a refusal has its catalogue's sentence, severity and message id: %s", (code, priority) => {
  const { log, report } = reporter();
  report.refusal({ code, subject: 'web1', detail: 'something' }, { guest: 'web1' });
  expect(log).toMatchObject([{ priority, messageId: failures[code].messageId, fields: { HOSTLER_GUEST: 'web1' } }]);
  expect(report.history.after(0)).toMatchObject([{ kind: 'refusal', severity: failures[code].severity }]);
  expect(log[0]?.message).toMatch(new RegExp(`^${code} web1: .*something.*; ${failures[code].remedy}$`));
});

test('an alert says in a field of the journal what it is about', () => {
  const { log, report } = reporter();
  report.fact({
    kind: 'alert',
    severity: 'error',
    guest: 'web1',
    resource: 'oom',
    action: 'firing',
    says: 'web1: ...',
  });
  expect(log[0]).toMatchObject({
    priority: 3,
    fields: { HOSTLER_GUEST: 'web1', HOSTLER_RESOURCE: 'oom', HOSTLER_ACTION: 'firing' },
  });
});

test('what nobody knows has no field', () => {
  const { log, report } = reporter();
  report.fact({ kind: 'agent', says: 'started' });
  expect(log[0]?.fields).toEqual({});
});
