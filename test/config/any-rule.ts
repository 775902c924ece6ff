import fc from 'fast-check';
import type { AncestorInput, MatchInput } from '../../src/config/match-schema.ts';
import type { RuleInput } from '../../src/config/rule-schema.ts';

const letter = fc.constantFrom(...'abcxyzABC0123456789_.-äß \u{1f50c}');
const globPart = fc.oneof(
  letter,
  fc.constantFrom(
    '*',
    '?',
    '[a-z]',
    '[!0-9]',
    '[-a]',
    '\\[',
    '\\\\',
    '\\*',
    ': ',
    '#',
    '&',
    '!',
    '"',
    "'",
    '%',
    '@',
    '~',
  ),
);
const glob = fc.array(globPart, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));
/** Texts that YAML would take for something else if they were not quoted. */
const trap = fc.constantFrom(
  '0660',
  'true',
  'null',
  '~',
  'no',
  '1e3',
  '0x10',
  '.inf',
  '-',
  ' a',
  'a ',
  '- a',
  '=',
  '<<',
);

const plain = fc.constantFrom('a', 'b', 'web1', 'scan1', '0', '_', 'x.y-z');
const guest = fc.oneof(plain, fc.constantFrom('web*', '?', '[a-c]*', 'x[!0-9]'));
const ruleName = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,20}$/);

function pattern(text: fc.Arbitrary<string>): fc.Arbitrary<string | string[]> {
  return fc.oneof(text, fc.uniqueArray(text, { minLength: 1, maxLength: 3 }));
}

const word = pattern(fc.oneof(glob, trap));
const value = pattern(fc.oneof(glob, trap, fc.constantFrom('04b8', '/srv/a b')));
const port = pattern(fc.constantFrom('1-1', '1-1.2', '2-*', '[12]-?.*'));
const attr = fc.dictionary(fc.constantFrom('idSerial', 'power/control', 'loop/backing_file', 'a b'), value, {
  minKeys: 1,
});
const property = fc.dictionary(fc.constantFrom('ID_SERIAL', 'DEVNAME', '.PRIVATE', 'constructor'), value, {
  minKeys: 1,
});

const ancestorKeys = { subsystem: word, devtype: word, sysname: word, driver: word, attr, port };
const noKeys = { requiredKeys: [] } as { requiredKeys: [] };

const ancestor: fc.Arbitrary<AncestorInput> = fc.record(ancestorKeys, noKeys).map(notEmpty);

function match(depth: number): fc.Arbitrary<MatchInput> {
  const keys = {
    ...ancestorKeys,
    name: pattern(glob),
    property,
    parent: ancestor,
    below: port,
    link: pattern(glob.map((text) => `/dev/${text}`)),
    number: pattern(fc.constantFrom('c 188:*', 'b 7:0', '? 1[0-9]:[!0]', '[bc] 1:3')),
    tag: word,
  };
  if (depth === 0) return fc.record(keys, noKeys).map(notEmpty);
  return fc.record({ ...keys, not: match(depth - 1) }, noKeys).map(notEmpty);
}

/** An empty match is refused: it would take everything. */
function notEmpty<Value extends AncestorInput>(value: Value): Value {
  return Object.keys(value).length > 0 ? value : { ...value, subsystem: 'usb' };
}

const part = fc.stringMatching(/^[a-z0-9 äß#:-]{1,12}$/).filter((text) => text !== '.' && text !== '..');
const folderPath = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const owner = fc.constantFrom('root', 'scanner', '0', '104', '0100', 'www-data', 'host$');
const mode = fc.integer({ min: 0, max: 0o777 }).map((bits) => `0${bits.toString(8).padStart(3, '0')}`);

const common = {
  rule: ruleName,
  match: match(2),
  guest: pattern(guest),
  access: fc.constantFrom('r', 'w', 'm', 'wr', 'rw', 'mwr', 'mr'),
  when: fc.oneof(
    fc.constantFrom('optional', 'required'),
    fc
      .tuple(fc.integer({ min: 1, max: 60 }), fc.constantFrom('ms', 's', 'm'))
      .map(([count, unit]) => `wait ${count}${unit}`),
  ),
  unplug: fc.constantFrom('keep' as const, 'warn' as const, 'term' as const, 'kill' as const),
};
const required = { requiredKeys: ['rule', 'match', 'guest'] } as { requiredKeys: ['rule', 'match', 'guest'] };

const hostLinks = fc.subarray(['udev:*', 'udev:/dev/*/by-id/*', 'udev:/dev/disk/by-uuid/[0-9]?']);

const forOne = fc.record(
  {
    ...common,
    take: fc.constant('one' as const),
    node: fc.record({ path: folderPath.map((path) => `/dev/node/${path}`), mode, owner, group: owner }, noKeys),
    links: fc
      .array(part, { minLength: 1, maxLength: 3 })
      .map((parts) => parts.map((text, at) => `/dev/link${at}/${text}`))
      .chain((paths) => hostLinks.map((globs) => [...paths, ...globs])),
  },
  required,
);
const forAll = fc.record(
  {
    ...common,
    take: fc.constantFrom('all' as const, 'whole' as const),
    node: fc.record({ mode, owner }, noKeys),
    links: hostLinks.filter(({ length }) => length > 0),
  },
  required,
);

/** A rule as a file may write it; nothing is wrong with it. */
export const anyRuleInput: fc.Arbitrary<RuleInput> = fc.oneof(forOne, forAll);
