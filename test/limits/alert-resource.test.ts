import { expect, test } from 'vitest';
import { ALERT_RESOURCES, HIT_MANNERS, MUTED_BY, SEVERITIES } from '../../src/limits/alert-resource.ts';

test('every resource is looked at once, and after all that mute it', () => {
  expect([...ALERT_RESOURCES].sort()).toEqual(Object.keys(SEVERITIES).sort());
  for (const [at, resource] of ALERT_RESOURCES.entries()) {
    for (const other of MUTED_BY[resource]) expect(ALERT_RESOURCES.indexOf(other)).toBeLessThan(at);
  }
});

test('a refusal is told at once, and what only slows a guest down is not by itself', () => {
  const silent = Object.entries(HIT_MANNERS).filter(([, { raises }]) => raises === 'never');
  expect(silent.map(([hit]) => hit)).toEqual(['rss-barrier', 'cpu']);
});
