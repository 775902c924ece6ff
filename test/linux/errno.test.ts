import { expect, test } from 'vitest';
import { errnoName } from '../../src/linux/errno.ts';

test.each([
  [1, 'EPERM'],
  [2, 'ENOENT'],
  [3, 'ESRCH'],
  [19, 'ENODEV'],
  [40, 'ELOOP'],
  [110, 'ETIMEDOUT'],
  [125, 'ECANCELED'],
  [4711, '4711'],
])('%i is %s', (number, name) => {
  expect(errnoName(number)).toBe(name);
});
