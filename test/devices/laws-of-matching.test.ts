import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { matches } from '../../src/devices/match.ts';
import { firstMismatch } from '../../src/devices/why.ts';
import type { Device, SysfsEntry } from '../../src/model/device.ts';
import { globMatches } from '../../src/model/glob-match.ts';
import type { Match, Pattern } from '../../src/model/rule.ts';
import { law } from './law.ts';
import { naiveGlobMatches, naiveMatches } from './naive.ts';

const glob = text('a', 'b', 'c', '*', '?', '[', ']', '!', '-', '\\', '/', '\u{1f5a8}');
const plain = text('a', 'b', 'c', '[', ']', '!', '-', '\\', '/', '\u{1f5a8}');
const value = fc.constantFrom('', 'a', 'ab', 'abc', 'b', 'a\nb', 'a\ufffd', '1-1');
const pattern: fc.Arbitrary<Pattern> = fc.array(
  fc.constantFrom('*', '?', 'a', 'a*', '[ab]', '!a', '[!a]*', '1-1', '1-1.*'),
  {
    minLength: 1,
    maxLength: 2,
  },
);
const names = fc.constantFrom('serial', 'constructor', '__proto__');
const devpath = fc.constantFrom(
  '/devices/pci0/usb1',
  '/devices/pci0/usb1/1-0:1.0',
  '/devices/pci0/usb1/1-1',
  '/devices/pci0/usb1/1-1/1-1.2/1-1.2:1.0/ttyUSB0/tty/ttyUSB0',
  '/devices/pci0/usb1/1-1/1-1:1.0/i2c-7/7-0050',
  '/devices/pci0/i2c-0/0-0050',
  '/devices/virtual/block/loop0',
);

const entry: fc.Arbitrary<SysfsEntry> = fc.record(
  { devpath, sysname: value, subsystem: value, devtype: value, driver: value, attrs: fc.dictionary(names, value) },
  { requiredKeys: ['devpath', 'sysname', 'subsystem', 'attrs'] },
);

const device: fc.Arbitrary<Device> = fc
  .tuple(
    entry,
    fc.record(
      {
        number: fc.constantFrom(
          { type: 'c' as const, major: 188, minor: 0 },
          { type: 'b' as const, major: 7, minor: 12 },
        ),
        node: fc.constantFrom('/dev/a', '/dev/ab/c', '/dev/1-1'),
        properties: fc.dictionary(names, value),
        tags: fc.array(value, { maxLength: 2 }),
        links: fc.array(value, { maxLength: 2 }),
        ancestors: fc.array(entry, { maxLength: 3 }),
      },
      { requiredKeys: ['properties', 'tags', 'links', 'ancestors'] },
    ),
  )
  .map(([own, rest]) => ({ ...own, ...rest }));

const asked = { subsystem: pattern, devtype: pattern, sysname: pattern, driver: pattern, port: pattern };
const parent = fc.record({ ...asked, attr: fc.dictionary(names, pattern, { maxKeys: 2 }) }, { requiredKeys: [] });
const { match } = fc.letrec<{ match: Match }>((tie) => ({
  match: fc.record(
    {
      ...asked,
      name: pattern,
      number: fc.constantFrom(['c 188:*'], ['b *'], ['c 188:0', 'b 7:1?']),
      below: pattern,
      tag: pattern,
      link: pattern,
      property: fc.dictionary(names, pattern, { maxKeys: 2 }),
      attr: fc.dictionary(names, pattern, { maxKeys: 2 }),
      parent,
      not: fc.oneof({ maxDepth: 1 }, fc.constant({}), tie('match')),
    },
    { requiredKeys: [] },
  ),
}));

/** Few conditions at a time, or hardly anything would match. */
const fewConditions = fc
  .tuple(match, fc.infiniteStream(fc.nat({ max: 3 })))
  .map(([whole, dice]): Match => Object.fromEntries(Object.entries(whole).filter(() => dice.next().value === 0)));

describe('for every rule and every device', () => {
  law(
    'a glob matches what a regular expression made of it matches',
    fc.tuple(glob, plain),
    ([glob, text]) => {
      expect(globMatches(glob, text)).toBe(naiveGlobMatches(glob, text));
    },
    20_000,
  );

  law(
    'matching agrees with a naive implementation',
    fc.tuple(fewConditions, device),
    ([match, device]) => {
      expect(matches(match, device)).toBe(naiveMatches(match, device));
    },
    10_000,
  );

  law(
    'a rule that does not match says which condition keeps it from matching',
    fc.tuple(fewConditions, device),
    ([match, device]) => {
      const why = firstMismatch(match, device);
      expect(why === undefined).toBe(naiveMatches(match, device));
      if (!why) return;
      const [key = ''] = why.key.split('.');
      expect(Object.keys(match)).toContain(key);
      const alone: Match = Object.fromEntries(Object.entries(match).filter(([name]) => name === key));
      expect(naiveMatches(alone, device)).toBe(false);
    },
    10_000,
  );
});

function text(...letters: readonly string[]): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...letters), { maxLength: 8 }).map((list) => list.join(''));
}
