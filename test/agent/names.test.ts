import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseNames } from '../../src/agent/names.ts';

test('names of passwd and group become numbers, and the first line of a name counts', () => {
  const names = parseNames('root:x:0:0::/:/bin/sh\nsaned:x:106:107::/:\nsaned:x:7:7::/:\n', 'scanner:x:107:saned\n');
  expect(names.users).toEqual(
    new Map([
      ['root', 0],
      ['saned', 106],
    ]),
  );
  expect(names.groups).toEqual(new Map([['scanner', 107]]));
});

test.each([
  ['a number that is none', 'evil:x:0x10:0\n'],
  ['a negative number', 'evil:x:-1:0\n'],
  ['a number beyond all ids', 'evil:x:99999999999:0\n'],
  ['no number', 'evil:x::\n'],
  ['no name', ':x:0:0\n'],
  ['no colon', 'evil\n'],
])('a line with %s gives no name', (_what, line) => {
  expect(parseNames(line, line)).toEqual({ users: new Map(), groups: new Map() });
});

test('whatever a guest writes into its files, names are numbers that an id can be', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (passwd, group) => {
      const { users, groups } = parseNames(passwd, group);
      for (const number of [...users.values(), ...groups.values()])
        expect(Number.isSafeInteger(number) && number >= 0).toBe(true);
    }),
  );
});
