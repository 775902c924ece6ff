import { expect, test } from 'vitest';
import { dataLimitIn, dataWords, readDataLimit } from '../../src/linux/data-limit.ts';

const line = (soft: string, hard: string) =>
  `Limit                     Soft Limit           Hard Limit           Units     \nMax data size             ${soft.padEnd(20)} ${hard.padEnd(20)} bytes     \n`;

test('is read as the kernel writes it', () => {
  expect(dataLimitIn(line('unlimited', 'unlimited'))).toEqual({});
  expect(dataLimitIn(line('67108864', 'unlimited'))).toEqual({ soft: 67_108_864 });
  expect(dataLimitIn(line('1', '2'))).toEqual({ soft: 1, hard: 2 });
  expect(dataLimitIn('')).toBeUndefined();
});

test('is that of a real process, and of one that is gone none', () => {
  expect(readDataLimit(process.pid)).toBeDefined();
  expect(readDataLimit(0)).toBeUndefined();
});

test('who has a former limit has what init had', () => {
  const before = { own: { soft: 7 }, given: [1, 2] };
  expect(dataWords(5, before)).toEqual(['5', '7', 'max', '1', '2']);
  expect(dataWords(undefined, before)).toEqual(['max', '7', 'max', '1', '2']);
});

test('what is as it was, or is the first, speaks of no former', () => {
  expect(dataWords(2, { own: {}, given: [2] })).toEqual(['2']);
  expect(dataWords(2)).toEqual(['2']);
});
