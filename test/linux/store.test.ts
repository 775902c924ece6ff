import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { emptyLedger } from '../../src/agent/world.ts';
import { writeValue } from '../../src/linux/atomic-file.ts';
import { fileStore } from '../../src/linux/store.ts';
import { configOf } from '../fakes/configuration.ts';

let run: string;
let state: string;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'hostler-run-'));
  state = mkdtempSync(join(tmpdir(), 'hostler-state-'));
});
afterEach(() => {
  for (const folder of [run, state]) rmSync(folder, { recursive: true });
});

const guest = {
  name: 'web1',
  runtime: 'lxc',
  instance: { pid: 7, startTime: '99', cgroup: '/lxc.payload.web1' },
} as const;

test('ledger and memory survive the agent', () => {
  const store = fileStore(run, state);
  store.saveLedger('web1', emptyLedger(guest.instance));
  store.saveMemory('web1', { scanner: { mode: 0o640 } });
  const later = fileStore(run, state);
  expect(later.ledger('web1')).toEqual({ ...emptyLedger(guest.instance), instance: '7:99' });
  expect(later.memory('web1')).toEqual({ scanner: { mode: 0o640 } });
  expect(later.takeRefusals()).toEqual([]);
});

test('the last good configuration survives the host', () => {
  const config = configOf();
  fileStore(run, state).saveGoodConfig(config);
  expect(fileStore(`${run}/empty`, state).lastGoodConfig()).toEqual(config);
});

test('a ledger that cannot be used is told once and taken for none', () => {
  const store = fileStore(run, state);
  store.saveLedger('web1', emptyLedger(guest.instance));
  writeFileSync(join(run, 'guests/web1.json'), 'nonsense');
  expect(store.ledger('web1')).toBeUndefined();
  expect(store.takeRefusals().map(({ code }) => code)).toEqual(['W_STATE_BAD']);
  expect(store.takeRefusals()).toEqual([]);
});

test('a well-formed file of another shape is not believed', () => {
  const store = fileStore(run, state);
  writeValue(join(run, 'guests/web1.json'), { instance: '7:99', nodes: 'all of them' }, false);
  expect(store.ledger('web1')).toBeUndefined();
});

test('a folder that cannot be written is told, and nothing is thrown', () => {
  writeFileSync(join(run, 'file'), '');
  const store = fileStore(join(run, 'file'), state);
  const refusals = store.saveLedger('web1', emptyLedger(guest.instance));
  expect(refusals.map(({ code }) => code)).toEqual(['E_STATE_WRITE']);
  store.removeLedger('web1');
});

test('what could not be saved is saved by the next try, although it is the same', () => {
  const blocked = join(run, 'blocked');
  writeFileSync(blocked, '');
  const store = fileStore(blocked, state);
  const save = () => store.saveLedger('web1', emptyLedger(guest.instance)).length;
  expect([save(), save()]).toEqual([1, 1]);
  rmSync(blocked);
  expect(save()).toBe(0);
  expect(fileStore(blocked, state).ledger('web1')).toEqual(emptyLedger(guest.instance));
});

test('what is saved is not written again', () => {
  const path = join(run, 'guests/web1.json');
  fileStore(run, state).saveLedger('web1', emptyLedger(guest.instance));
  const { ino } = statSync(path);
  const store = fileStore(run, state);
  store.ledger('web1');
  store.saveLedger('web1', emptyLedger(guest.instance));
  expect(statSync(path).ino).toBe(ino);
  store.saveLedger('web1', emptyLedger(undefined));
  expect(statSync(path).ino).not.toBe(ino);
});
