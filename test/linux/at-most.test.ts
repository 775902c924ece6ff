import { expect, test } from 'vitest';
import { atMost } from '../../src/linux/at-most.ts';

test('no more than that are under way, all are done, and in their order', async () => {
  const bounded = atMost(3);
  const begun: number[] = [];
  let [running, most] = [0, 0];
  const work = (number: number) => async () => {
    begun.push(number);
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return number;
  };
  const numbers = Array.from({ length: 20 }, (_, number) => number);
  expect(await Promise.all(numbers.map((number) => bounded(work(number))))).toEqual(numbers);
  expect(begun).toEqual(numbers);
  expect(most).toBe(3);
});

test('one that fails makes room as well', async () => {
  const bounded = atMost(1);
  await expect(bounded(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await bounded(async () => 'done')).toBe('done');
});
