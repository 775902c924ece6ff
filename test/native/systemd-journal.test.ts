import { expect, test } from 'vitest';
import { journalFields, notifyText } from '../../native/systemd-journal/index.ts';

test('an entry becomes one word a field', () => {
  const entry = { message: 'a', priority: 4, messageId: '7d0a', fields: { HOSTLER_GUEST: 'web1' } } as const;
  expect(journalFields(entry, 'hostler')).toEqual([
    'MESSAGE=a',
    'PRIORITY=4',
    'SYSLOG_IDENTIFIER=hostler',
    'MESSAGE_ID=7d0a',
    'HOSTLER_GUEST=web1',
  ]);
});

test('names that journald would refuse are put right', () => {
  const names = (fields: Record<string, string>) =>
    journalFields({ message: '', priority: 6, fields }, 'x')
      .slice(3)
      .map((word) => word.split('=')[0]);
  expect(names({ guest: '' })).toEqual(['GUEST']);
  expect(names({ _PID: '' })).toEqual(['X_PID']);
  expect(names({ '1ST': '' })).toEqual(['X1ST']);
  expect(names({ 'a b': '' })).toEqual(['A_B']);
  expect(names({ ['x'.repeat(80)]: '' })).toEqual(['X'.repeat(64)]);
});

test('a NUL in a value cannot end the word', () => {
  expect(journalFields({ message: 'a\0b', priority: 6 }, 'x')[0]).toBe('MESSAGE=a\ufffdb');
});

test('a notification is one line an assignment', () => {
  expect(notifyText({ READY: '1', STATUS: 'two\nlines' })).toBe('READY=1\nSTATUS=two lines');
});
