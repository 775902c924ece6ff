import { expect, test } from 'vitest';
import { stoppableNow, USUAL_START, withThoseBefore } from '../../src/lifecycle/start-closure.ts';
import { law } from '../devices/law.ts';
import { orders } from './any-order.ts';

const after: Readonly<Record<string, readonly string[]>> = { web: ['db', 'cache'], db: ['disk'], a: ['b'], b: ['a'] };
const startOf = (guest: string) => ({ ...USUAL_START, after: after[guest] ?? [] });

test('who is asked for brings along all that it waits for', () => {
  expect([...withThoseBefore(['web'], startOf)].sort()).toEqual(['cache', 'db', 'disk', 'web']);
  expect([...withThoseBefore(['db', 'disk'], startOf)].sort()).toEqual(['db', 'disk']);
});

test('those are stopped first for whom nobody waits', () => {
  expect(stoppableNow(['disk', 'db', 'web', 'cache'], startOf)).toEqual(['web']);
  expect(stoppableNow(['disk', 'db', 'cache'], startOf)).toEqual(['db', 'cache']);
});

test('guests that wait for each other are stopped together', () => {
  expect(stoppableNow(['a', 'b'], startOf)).toEqual(['a', 'b']);
});

law('one after the other all are stopped, and none before who waits for it', orders, (order) => {
  const of = (guest: string) => order.get(guest) ?? USUAL_START;
  for (let left = [...order.keys()]; left.length > 0; ) {
    const [guest = ''] = stoppableNow(left, of);
    left = left.filter((other) => other !== guest);
    expect(left.filter((other) => of(other).after.includes(guest))).toEqual([]);
  }
});
