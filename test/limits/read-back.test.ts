import { expect, test } from 'vitest';
import { asMeant, deviations, writtenAfter } from '../../src/limits/read-back.ts';

const written = writtenAfter({}, [{ file: 'cpu.max', value: '1000 10000' }], { 'cpu.max': '2000 20000' });

test('what the kernel made of our value counts as our value', () => {
  expect(asMeant({ 'cpu.max': '2000 20000', 'pids.max': '7' }, written)).toEqual({
    'cpu.max': '1000 10000',
    'pids.max': '7',
  });
});

test('what somebody else made of it does not', () => {
  expect(asMeant({ 'cpu.max': '4000 20000' }, written)).toEqual({ 'cpu.max': '4000 20000' });
});

test('what the kernel took as it was is no deviation, of what it did not both are told', () => {
  const both = writtenAfter(written, [{ file: 'pids.max', value: '7' }], { 'pids.max': '7' });
  expect(deviations(both)).toEqual(['cpu.max holds 2000 20000 and not 1000 10000']);
});
