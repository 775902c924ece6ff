import { expect, test } from 'vitest';
import { outweighed } from '../../src/limits/outweighed.ts';
import { configOf } from '../fakes/configuration.ts';
import { policy, QUARTER } from './policy.ts';

const GUARANTEED = policy({ name: 'db', guests: ['db*'], cpu: { guarantee: true, bucket: { ...QUARTER, rate: 4 } } });
const heavy = (weight: number) => policy({ name: 'heavy', guests: ['heavy*'], cpu: { guarantee: false, weight } });
const configWith = (weight: number) => ({ ...configOf(), policies: [GUARANTEED, heavy(weight)] });

test('guaranteed rates that the weights of others push aside are told, with what there is', () => {
  const [problem, ...others] = outweighed(configWith(10_000), ['db1', 'heavy1', 'heavy2', 'other'], 2);
  expect(others).toEqual([]);
  expect(problem?.code).toBe('W_OVERCOMMIT');
  expect(problem?.says).toContain(
    'cpu.weight of all guests is 25100 together, and guaranteed rates are there up to 10000',
  );
  expect(problem?.place).toEqual(GUARANTEED.places['cpu.guarantee']);
});

test('where they fit, or nobody is guaranteed anything, there is nothing to tell', () => {
  expect(outweighed(configWith(2_400), ['db1', 'heavy1', 'heavy2', 'other'], 2)).toEqual([]);
  expect(outweighed(configWith(10_000), ['heavy1', 'heavy2'], 2)).toEqual([]);
});
