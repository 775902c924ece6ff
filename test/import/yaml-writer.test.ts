import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readYaml } from '../../src/config/yaml-text.ts';
import { type Mapping, writtenEntry, writtenMapping } from '../../src/import/yaml-writer.ts';

const word = fc.stringMatching(/^[a-z]{1,8}$/);
const scalar = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    'no',
    'null',
    '~',
    '0660',
    '1e3',
    '0x10',
    '- a',
    'a: b',
    '512MiB',
    '30s',
    '\u2028',
    '\ufeff',
    '\u007f',
    '#',
  ),
  fc.integer(),
  fc.boolean(),
);
const { mapping } = fc.letrec<{ mapping: Mapping }>((tie) => ({
  mapping: fc.dictionary(
    word,
    fc.oneof(
      { depthSize: 'small' },
      scalar,
      fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }),
      tie('mapping'),
    ),
    { minKeys: 1, maxKeys: 4, noNullPrototype: true },
  ),
}));

test('what is written is read as the same', () => {
  fc.assert(
    fc.property(mapping, (value) => {
      expect(readYaml(writtenMapping(value).join('\n'))).toMatchObject({ data: value, complaints: [] });
      expect(readYaml(writtenEntry(value).join('\n'))).toMatchObject({ data: [value], complaints: [] });
    }),
  );
});

test('names and amounts have no quotes', () => {
  expect(writtenMapping({ policy: 'web-1', memory: { rss: { limit: '512MiB' } }, after: ['db1', '1500'] })).toEqual([
    'policy: web-1',
    'memory:',
    '  rss:',
    '    limit: 512MiB',
    'after: [db1, "1500"]',
  ]);
});
