import { describe, expect, test } from 'vitest';
import { assign } from '../../src/devices/assign.ts';
import { desireGuest } from '../../src/devices/desire.ts';
import { type Missing, missingRequired, startVerdict } from '../../src/devices/required.ts';
import type { Device } from '../../src/model/device.ts';
import type { OwnedNode } from '../../src/model/ledger.ts';
import { numberText } from '../../src/model/number.ts';
import { inventoryOf, replugged, rule, serial } from './make.ts';

const other = serial({ ...replugged(1), properties: { ID_SERIAL: 'FTDI_FT232R_B7' } });

describe('a guest that needs a device to start', () => {
  const rules = [
    rule('needed', { match: { sysname: ['ttyUSB0'] }, when: { kind: 'required' } }),
    rule('awaited', { match: { sysname: ['ttyUSB1'] }, when: { kind: 'wait', waitMs: 30_000 } }),
    rule('nice', { match: { sysname: ['ttyUSB2'] } }),
  ];
  const assigned = (devices: readonly Device[]) => assign(rules, inventoryOf(...devices));
  /** What the guest misses when it has the first of these devices as they were then. */
  const missing = (devices: readonly Device[], had = devices, change = (node: OwnedNode) => node) => {
    const nodes = desireGuest(assigned(had), 'web1').nodes.map(({ number, ...node }) =>
      change({ ...node, number: numberText(number), ownership: { mode: 0o660, uid: 0, gid: 20 } }),
    );
    return missingRequired(assigned(devices), 'web1', nodes);
  };
  const said = (...all: readonly Missing[]) =>
    all.map(({ rule, waitMs, afterwards }) => `${rule} ${waitMs} ${afterwards}`);

  test('misses what is not there, and is told how long it may wait', () => {
    expect(said(...missing([]))).toEqual(['needed 0 refuse', 'awaited 30000 go']);
  });

  test('misses nothing when all of it is in the guest', () => {
    expect(missing([serial(), other])).toEqual([]);
  });

  test('misses what it should have and has not, or has as it was plugged in before, or perhaps', () => {
    const kept = ['needed 5000 refuse', 'awaited 30000 go'];
    expect(said(...missing([serial(), other], []))).toEqual(kept);
    expect(said(...missing([serial(), other], undefined, (node) => ({ ...node, device: 'former' })))).toEqual(kept);
    const [perhaps] = missing([serial(), other], undefined, ({ ownership: _, ...node }) => node);
    expect(perhaps?.refusal).toEqual({
      code: 'E_REQUIRED',
      subject: 'web1',
      detail: 'rule needed says "when: required", and what matches it does not come into the guest',
    });
  });

  test('goes, waits or is refused by what it misses, and by how long ago it asked', () => {
    const all = missing([serial(), other], []);
    const awaited = all.slice(1);
    expect(startVerdict([], 0)).toEqual({ word: 'go' });
    expect(startVerdict(all, 0)).toEqual({ word: 'wait', lookMs: 5_000, waitMs: 30_000 });
    expect(startVerdict(all, 5_000)).toMatchObject({ word: 'refuse', refusal: { code: 'E_REQUIRED' } });
    expect(startVerdict(awaited, 29_999)).toEqual({ word: 'wait', lookMs: 30_000, waitMs: 30_000 });
    expect(startVerdict(awaited, 30_000)).toEqual({ word: 'go' });
    expect(startVerdict(missing([]), 0)).toMatchObject({ word: 'refuse' });
  });
});
