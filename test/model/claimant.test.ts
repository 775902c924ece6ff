import { expect, test } from 'vitest';
import { claimant } from '../../src/model/claimant.ts';

test('who has it is named by its process, where that can be seen', () => {
  expect(claimant('4242')).toBe('process 4242');
  expect(claimant('0')).toBe('a process of another namespace');
});
