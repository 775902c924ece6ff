import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { assemble } from '../../src/config/assemble.ts';
import { type Document, readDocuments } from '../../src/config/documents.ts';
import { loadConfig } from '../../src/config/load.ts';
import { readDocument } from '../../src/config/read-document.ts';
import { ruleModel } from '../../src/config/rule-model.ts';
import type { RuleInput } from '../../src/config/rule-schema.ts';
import { decodeUtf8 } from '../../src/config/utf8.ts';
import { readYaml } from '../../src/config/yaml-text.ts';
import { anyRuleInput } from './any-rule.ts';
import { folderOf } from './folder.ts';

function documentOf(text: string, kind: Document['kind'] = 'rules'): Document {
  return { file: 'r.yaml', kind, parsed: readYaml(text) };
}

describe('for every rule that may be written', () => {
  test.each([
    ['blocks', {}],
    ['flow', { collectionStyle: 'flow' }],
    ['quotes', { defaultStringType: 'QUOTE_DOUBLE' }],
    ['narrow lines', { lineWidth: 20 }],
  ] as const)('printing it as YAML with %s and reading that gives the same rule', (_style, options) => {
    fc.assert(
      fc.property(fc.uniqueArray(anyRuleInput, { selector: ({ rule }) => rule, maxLength: 4 }), (inputs) => {
        const text = stringify(inputs, { ...options, aliasDuplicateObjects: false });
        const loaded = assemble({ documents: [documentOf(text)], problems: [] }, {});
        expect(loaded.problems).toEqual([]);
        expect(loaded.ok && loaded.config.rules.map(withoutPlace)).toEqual(inputs.map(modelOf));
      }),
      { numRuns: 150 },
    );
  });

  test('a key of another name in any mapping of it is a problem at that key', () => {
    fc.assert(
      fc.property(anyRuleInput, fc.constantFrom('rule', 'node', 'match'), (input, where) => {
        const broken = where === 'rule' ? { ...input, zzz: 1 } : { ...input, [where]: { ...input[where], zzz: 1 } };
        const text = stringify([broken], { aliasDuplicateObjects: false });
        const lines = text.split('\n');
        const { complaints } = readDocument('rules', 'r.yaml', readYaml(text));
        const about = complaints.find(({ says }) => says.startsWith('unknown key "zzz"'));
        expect(lines[(about?.line ?? 0) - 1]?.slice((about?.column ?? 0) - 1)).toBe('zzz: 1');
      }),
    );
  });
});

describe('for every text', () => {
  const pieces = [
    '- ',
    'rule: ',
    'match: ',
    '{',
    '}',
    '[',
    ']',
    ': ',
    '\n',
    '  ',
    '\t',
    '&a ',
    '*a',
    '!!str ',
    '"',
    "'",
    '---\n',
    '? ',
    '|',
    '%',
    '0660',
    '~',
    '#',
    'guest',
    '\u0000',
    '\u{1f50c}',
    '<<: ',
    '__proto__: ',
  ];
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join('')),
  );

  test('reading it ends with rules or with problems that have a place inside it', () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom('rules', 'guests', 'settings'), (text, kind) => {
        const { problems } = assemble({ documents: [documentOf(text, kind)], problems: [] }, { knownGuests: [] });
        const lines = text.split('\n');
        for (const { place, says } of problems) {
          expect(says).not.toBe('');
          expect(place.line).toBeLessThanOrEqual(lines.length);
          expect(place.column).toBeLessThanOrEqual((lines[place.line - 1]?.length ?? 0) + 1);
          expect(Math.min(place.line, place.column)).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('reading it leaves the prototypes of objects alone', () => {
    readYaml('__proto__: { polluted: 1 }\nconstructor: { prototype: { polluted: 1 } }\n');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('for every run of bytes', () => {
  test('it is UTF-8, or the first byte that is not is found', () => {
    const mixed = fc.array(
      fc.oneof(
        fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
        fc.uint8Array(),
      ),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(
        mixed.map((parts) => Buffer.concat(parts)),
        expectFirstBad,
      ),
      { numRuns: 2000 },
    );
  });

  test('a folder of them loads, or says why not', async () => {
    const folders = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(folders, async (contents) => {
        const named = contents.map((bytes, at): [string, Uint8Array] => [`rules/${at}.yaml`, bytes]);
        const loaded = await loadConfig(folderOf(Object.fromEntries(named)), {});
        expect(loaded.ok).toBe(loaded.problems.length === 0);
      }),
      { numRuns: 10 },
    );
  });
});

test('files that cannot be read do not keep others from being read', async () => {
  const folder = folderOf({ 'a.yaml': '- rule: a\n' });
  const sources = ['absent.yaml', 'a.yaml'].map((name) => ({ file: `${folder}/${name}`, kind: undefined }));
  const { documents, problems } = await readDocuments(sources, () => {});
  expect([documents.length, problems.length]).toEqual([1, 1]);
});

function expectFirstBad(bytes: Buffer): void {
  const decoded = decodeUtf8(bytes);
  if ('text' in decoded) {
    expect(Buffer.from(decoded.text)).toEqual(withoutMark(bytes));
    return;
  }
  const before = bytes.subarray(0, decoded.offset);
  expect(decodeUtf8(before)).toHaveProperty('text');
  expect(decoded.byte).toBe(bytes[decoded.offset]);
  expect(decoded.line).toBe(before.toString('latin1').split('\n').length);
  for (let more = 1; more <= 4; more += 1) expectBroken(bytes, decoded.offset, more);
}

/** No character ends where one of the following bytes does: a truncated one is bad as a whole. */
function expectBroken(bytes: Uint8Array, offset: number, length: number): void {
  if (offset + length > bytes.length) return;
  expect(decodeUtf8(bytes.subarray(0, offset + length))).not.toHaveProperty('text');
}

function withoutMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? bytes.subarray(3) : bytes;
}

function modelOf(input: RuleInput) {
  return withoutPlace(ruleModel(input, { file: '', line: 1, column: 1 }));
}

function withoutPlace<Value extends { readonly place: unknown }>({ place: _place, ...rest }: Value) {
  return rest;
}
