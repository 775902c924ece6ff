import { expect, test } from 'vitest';
import { nameList, namesIn } from '../../src/model/name-list.ts';

test.each([[['web1', 'web2']], [['ru,x', 'a%2Cb']], [['ru odd', 'é&+', 'x'.repeat(255)]]])(
  'names come back as they were: %j',
  (names) => expect(namesIn(nameList(names))).toEqual(names),
);

test('plain names are as they are, and what nobody has escaped is taken so', () => {
  expect(nameList(['web1', 'a-b_c.d'])).toBe('web1,a-b_c.d');
  expect(namesIn('web1,100%')).toEqual(['web1', '100%']);
});
