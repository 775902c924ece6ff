import { expect, test } from 'vitest';
import { contended } from '../../src/import/contended.ts';
import type { Line } from '../../src/import/item.ts';
import { settle } from '../../src/import/settle.ts';
import { taken } from '../../src/import/verdict.ts';

function line(guest: string, access: string, name = 'fuse'): Line {
  const rule = { match: { name }, take: 'one', access } as const;
  return {
    guest,
    file: `${guest}.conf`,
    line: 3,
    key: 'DEVNODES',
    value: name,
    verdict: taken('', { kind: 'rules', rule }),
  };
}

test('of guests that are given one device differently the later need a decision, and who have it alike share it', () => {
  const lines = contended([line('a', 'rw'), line('b', 'r'), line('c', 'rw'), line('b', 'r', 'net/tun')]);
  expect(lines.map(({ verdict }) => verdict.fate)).toEqual(['taken', 'decide', 'taken', 'taken']);
  expect(lines[1]?.verdict.how).toContain('a is given the same device with access rw (a.conf:3), here it is r');
});

test('more guests than one rule can name share a device by several rules, none of which is of one guest', () => {
  const guests = Array.from({ length: 257 }, (_, at) => `g${at}`);
  const { files, lines } = settle(
    guests,
    guests.map((guest) => line(guest, 'rw')),
    { rulesFile: 'rules/x.yaml' },
  );
  expect(lines.every(({ verdict }) => verdict.fate === 'taken')).toBe(true);
  const text = files.at(-1)?.text ?? '';
  expect(text.match(/^- rule: .*$/gm)).toEqual(['- rule: g0-fuse', '- rule: g1-fuse']);
  expect(text.match(/^ {2}guest: \[g\d+, g\d+/gm)).toHaveLength(2);
});
