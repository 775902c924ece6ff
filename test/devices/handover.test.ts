import { expect, test } from 'vitest';
import { hasLetGo, type Neighbour, perhapsHeld, stillWith } from '../../src/devices/handover.ts';
import type { GuestLedger, OwnedNode, Released } from '../../src/model/ledger.ts';
import { emptyLedger } from './make.ts';

const isShared = (rule: string) => rule.startsWith('shared');
const gift = (rule: string) => ({ number: 'c:188:0' as const, rule, device: '/devices/a' });

function node(rule: string): OwnedNode {
  return { path: '/dev/a', number: 'c:188:0', rule, device: '/devices/a', memory: rule, unplug: 'keep' };
}

function released(rule: string, device = '/devices/a'): Released {
  return { number: 'c:188:0', rule, device, unplug: 'term', told: [] };
}

function neighbour(said: Partial<GuestLedger>): readonly Neighbour[] {
  return [
    { guest: 'web2', ledger: emptyLedger() },
    { guest: 'web3', ledger: { ...emptyLedger(), ...said } },
  ];
}

const GRANT = { number: 'c:188:0', access: 'rw' } as const;

test.each([
  ['nobody has it', 'alone', {}, undefined],
  ['another one has a node of it', 'alone', { nodes: [node('other')] }, 'web3'],
  ['another one has it by a shared rule', 'alone', { nodes: [node('shared-a')] }, 'web3'],
  ['it is shared, and another one has it alone', 'shared-a', { nodes: [node('other')] }, 'web3'],
  ['it is shared by both', 'shared-a', { nodes: [node('shared-b')], grants: [GRANT] }, undefined],
  ['only the permission is left', 'shared-a', { grants: [GRANT] }, 'web3'],
  ['another number', 'alone', { grants: [{ ...GRANT, number: 'c:188:1' }] }, undefined],
] as const)('what is still with a neighbour: %s', (_what, rule, ledger, guest) => {
  expect(stillWith(gift(rule), neighbour(ledger), isShared)).toBe(guest);
});

test.each([
  ['by a program that had it', 'alone', [released('other')], ['web3']],
  ['by one that had another device of that number', 'alone', [released('other', '/devices/b')], []],
  ['by a program that had another disk in the same drive', 'alone', [released('other', '/devices/a 7')], ['web3']],
  ['where both share it', 'shared-a', [released('shared-b')], []],
  ['where one has it alone', 'shared-a', [released('other')], ['web3']],
] as const)('what may be held: %s', (_what, rule, list, guests) => {
  expect(perhapsHeld(gift(rule), neighbour({ released: list }), isShared)).toEqual(guests);
});

test('a guest has let go when it has lost a number, and when nobody holds that any more', () => {
  const before = { ...emptyLedger(), nodes: [node('a')], grants: [GRANT] };
  expect(hasLetGo(before, before)).toBe(false);
  expect(hasLetGo(before, { ...before, nodes: [] })).toBe(false);
  const lost = { ...emptyLedger(), released: [released('a')] };
  expect(hasLetGo(before, lost)).toBe(true);
  expect(hasLetGo(lost, lost)).toBe(false);
  expect(hasLetGo(lost, emptyLedger())).toBe(true);
  expect(hasLetGo(before, emptyLedger())).toBe(true);
});
