import { expect, test } from 'vitest';
import { familyText } from '../../src/report/exposition.ts';

test('a metric has its help, its type and its series', () => {
  const samples = [
    { labels: { guest: 'web1', resource: 'rss' }, value: 3 },
    { labels: { guest: 'web2' }, value: 0.25 },
  ];
  expect(familyText({ name: 'hostler_hits_total', type: 'counter', help: 'Hits.', samples })).toBe(
    [
      '# HELP hostler_hits_total Hits.',
      '# TYPE hostler_hits_total counter',
      'hostler_hits_total{guest="web1",resource="rss"} 3',
      'hostler_hits_total{guest="web2"} 0.25',
      '',
    ].join('\n'),
  );
});

test('one without series is not there', () => {
  expect(familyText({ name: 'hostler_alerts', type: 'gauge', help: 'Alerts.', samples: [] })).toBe('');
});

test.each([
  ['a"b', 'a\\"b'],
  ['a\\', 'a\\\\'],
  ['a\n# HELP x', 'a\\n# HELP x'],
  ['a\\n', 'a\\\\n'],
  ['ä{}', 'ä{}'],
])('a guest of the name %j breaks no line', (guest, written) => {
  const text = familyText({ name: 'up', type: 'gauge', help: 'Up.', samples: [{ labels: { guest }, value: 1 }] });
  expect(text.split('\n').slice(2)).toEqual([`up{guest="${written}"} 1`, '']);
});

test.each([
  [Number.POSITIVE_INFINITY, '+Inf'],
  [Number.NEGATIVE_INFINITY, '-Inf'],
  [Number.NaN, 'NaN'],
  [2 ** 70, '1.1805916207174113e+21'],
  [-0.02, '-0.02'],
])('%d is written as Prometheus reads it', (value, written) => {
  const text = familyText({ name: 'x', type: 'gauge', help: 'A\nb \\.', samples: [{ value }] });
  expect(text).toBe(`# HELP x A\\nb \\\\.\n# TYPE x gauge\nx ${written}\n`);
});
