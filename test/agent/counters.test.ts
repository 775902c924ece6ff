import { expect, test } from 'vitest';
import { createCounters } from '../../src/agent/counters.ts';

test('everything is counted by its name, and listed by name', () => {
  const counters = createCounters();
  counters.add('passes_total');
  counters.add('actions_total', 3);
  counters.add('passes_total');
  counters.add('actions_total', 0);
  expect(Object.entries(counters.all())).toEqual([
    ['actions_total', 3],
    ['passes_total', 2],
  ]);
});
