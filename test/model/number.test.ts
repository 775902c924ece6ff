import { expect, test } from 'vitest';
import { numberText } from '../../src/model/number.ts';

test('a device number has one spelling', () => {
  expect(numberText({ type: 'c', major: 189, minor: 4 })).toBe('c:189:4');
  expect(numberText({ type: 'b', major: 259, minor: 1_048_575 })).toBe('b:259:1048575');
});
