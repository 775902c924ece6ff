import { expect, test } from 'vitest';
import { nearest } from '../../src/model/nearest.ts';

const words = ['subsystem', 'devtype', 'name', 'sysname', 'port', 'not', 'tag'];

test.each([
  ['subsytem', 'subsystem'],
  ['subssytem', 'subsystem'],
  ['SUBSYSTEM', 'subsystem'],
  ['devtpye', 'devtype'],
  ['nmae', 'name'],
  ['prot', 'port'],
  ['colour', undefined],
  ['x', undefined],
  ['', undefined],
])('%j stands for %j', (word, meant) => {
  expect(nearest(word, words)).toBe(meant);
});
