import { expect, test } from 'vitest';
import { counterFamilies, isTold } from '../../src/report/counter-metrics.ts';
import { sources } from '../house/sources.ts';

function samplesOf(counts: Readonly<Record<string, number>>, name: string) {
  return counterFamilies(counts).find((family) => family.name === name)?.samples;
}

test('what has not happened yet is 0, and not absent', () => {
  expect(samplesOf({}, 'hostler_nudges_total')).toEqual([{ value: 0 }]);
  expect(samplesOf({ nudges_total: 3 }, 'hostler_nudges_total')).toEqual([{ value: 3 }]);
});

test('steps are one metric, by what became of them', () => {
  expect(samplesOf({ actions_total: 12, actions_failed_total: 2 }, 'hostler_actions_total')).toEqual([
    { value: 12, labels: { result: 'done' } },
    { value: 2, labels: { result: 'failed' } },
  ]);
});

test('what is counted by reason is one metric', () => {
  const counts = { uevents_refused_sender_total: 3, uevents_refused_unicast_total: 1 };
  expect(samplesOf(counts, 'hostler_uevents_refused_total')).toEqual([
    { value: 3, labels: { result: 'sender' } },
    { value: 1, labels: { result: 'unicast' } },
  ]);
});

test('a counter that nobody explained is told all the same', () => {
  expect(samplesOf({ surprises_total: 1 }, 'hostler_surprises_total')).toEqual([{ value: 1 }]);
});

test('everything that the agent counts is explained', () => {
  const names = sources('src/agent', '.ts').flatMap(({ text }) =>
    [...text.matchAll(/counters\.add\(\s*(['`])(.+?)\1/g)].map(([, , name = '']) => name),
  );
  expect(names.length).toBeGreaterThan(15);
  const written = names.map((name) => name.replace('{uevent.group}', '{kernel}').replace('{state}', '{firing}'));
  const known = written.map((name) => name.replaceAll(/\$\{([^}]+)\}/g, '$1'));
  expect(known.filter((name) => !isTold(name))).toEqual([]);
});
