import { describe, expect, test } from 'vitest';
import { isLiteral } from '../../src/model/glob.ts';
import { globMatches } from '../../src/model/glob-match.ts';

describe('a glob', () => {
  test.each([
    ['ttyUSB*', 'ttyUSB12', true],
    ['ttyUSB*', 'ttyACM0', false],
    ['bus/*', 'bus/usb/001/004', true],
    ['usb?', 'usb1', true],
    ['usb?', 'usb', false],
    ['04b[89]', '04b8', true],
    ['04b[!89]', '04b8', false],
    ['[a-c]x', 'bx', true],
    ['[c-a]x', 'bx', false],
    ['[]]', ']', true],
    ['[!]]', ']', false],
    ['[a-]', '-', true],
    ['a[b', 'a[b', true],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['[\\]]', ']', true],
    ['end\\', 'end\\', true],
    ['?', '\u{1f5a8}', true],
    ['', '', true],
    ['*', '', true],
    ['a*b*c', 'a-b-b-c', true],
  ])('%s on %s: %s', (glob, text, expected) => {
    expect(globMatches(glob, text)).toBe(expected);
  });

  // One that goes through all ways there are would not end in the lifetime of this machine.
  test('made to go wrong comes to an end', () => {
    expect(globMatches('*a'.repeat(50), `${'a'.repeat(4_000)}b`)).toBe(false);
  });

  test('is literal only when it can match nothing but itself', () => {
    expect(['tty', 'usb_device', '1-1.2'].every(isLiteral)).toBe(true);
    expect(['tty*', 't?y', '[t]ty', '\\tty'].some(isLiteral)).toBe(false);
  });
});
