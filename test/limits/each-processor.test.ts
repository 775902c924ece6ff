import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fullProcessor, ofEach } from '../../src/limits/each-processor.ts';
import type { Claim } from '../../src/limits/promise.ts';
import type { Policy } from '../../src/model/policy.ts';
import { law } from '../devices/law.ts';
import { policy, QUARTER } from './policy.ts';

const amountOf = ({ cpu }: Policy) => cpu.bucket?.rate ?? 0;

/** So much of each of these processors. */
function claim(guest: string, each: number, ...cpus: readonly number[]): Claim {
  const bucket = { ...QUARTER, rate: each * Math.max(1, cpus.length) };
  return { guest, policy: policy({ cpu: { guarantee: true, bucket } }), ...(cpus.length > 0 && { cpus }) };
}

test('a processor is full where others have so much of it that the rest is too little, and no other is', () => {
  const holders = [claim('a', 60, 0, 1), claim('b', 40, 1)];
  expect(fullProcessor(claim('c', 40, 0), holders, 100, amountOf)).toBeUndefined();
  expect(fullProcessor(claim('c', 1, 0, 1), holders, 100, amountOf)).toEqual({ cpu: 1, wanted: 1, left: 0, holders });
  expect(fullProcessor(claim('c', 41, 0, 2), holders, 100, amountOf)).toMatchObject({ cpu: 0, left: 40 });
});

test('who has nothing of a single processor fits any, and takes nothing of any', () => {
  expect(fullProcessor(claim('c', 500), [claim('a', 100, 0)], 100, amountOf)).toBeUndefined();
  expect(fullProcessor(claim('c', 100, 0), [claim('a', 500)], 100, amountOf)).toBeUndefined();
});

const claims = fc.array(
  fc
    .record({
      each: fc.integer({ min: 1, max: 60 }),
      cpus: fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { minLength: 1 }),
    })
    .map(({ each, cpus }) => claim('any', each, ...cpus)),
  { maxLength: 10 },
);

law('whoever is taken in turn, no processor is promised more than once', claims, (all) => {
  const holders: Claim[] = [];
  for (const one of all) if (!fullProcessor(one, holders, 100, amountOf)) holders.push(one);
  for (const cpu of [0, 1, 2, 3]) {
    const those = holders.filter(({ cpus = [] }) => cpus.includes(cpu));
    expect(those.reduce((sum, one) => sum + ofEach(one, amountOf), 0)).toBeLessThanOrEqual(100);
  }
});
