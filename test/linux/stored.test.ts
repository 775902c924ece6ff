import { expect, test } from 'vitest';
import { isConfig, isLedger, isMemory } from '../../src/linux/stored.ts';
import { emptyLedger } from '../devices/make.ts';
import { configOf } from '../fakes/configuration.ts';

const ledger = emptyLedger();
const NOTHINGS = [undefined, null, 7, 'text', [], {}];

test('what we write is what we take', () => {
  expect([isLedger(ledger), isMemory({}), isMemory({ port: { mode: 0o600 } }), isConfig(configOf())]).toEqual([
    true,
    true,
    true,
    true,
  ]);
});

test.each(NOTHINGS)('%j is neither a ledger nor a configuration', (value) => {
  expect([isLedger(value), isConfig(value)]).toEqual([false, false]);
});

test.each(Object.keys(ledger))('a ledger without its %s is none', (key) => {
  expect(isLedger({ ...ledger, [key]: undefined })).toBe(false);
  expect(isLedger({ ...ledger, [key]: 7 })).toBe(false);
});

test.each(Object.keys(configOf()))('a configuration without its %s is none', (key) => {
  expect(isConfig({ ...configOf(), [key]: undefined })).toBe(false);
});

test.each([[[]], [{ port: 7 }], [{ port: null }], [{ port: [] }]])('%j is no memory', (value) => {
  expect(isMemory(value)).toBe(false);
});
