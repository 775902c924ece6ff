import { describe, expect, test } from 'vitest';
import { NOTHING_YET } from '../../src/limits/alert-phase.ts';
import { cooledAt, endOf, openOf, type Telling, tell, withOwed } from '../../src/limits/alert-told.ts';
import type { AlertRecord } from '../../src/model/alert.ts';

const telling: Telling = { guest: 'web1', resource: 'rss', muted: false, cooldownMs: 1000, now: 5000 };
const firing: AlertRecord = { ...NOTHING_YET, phase: 'firing', since: 4000, hits: 3, untoldHits: 2 };

describe('a record that fires', () => {
  test('is told with its hits, which go on being counted', () => {
    const { record, notices } = tell(firing, telling);
    expect(notices).toEqual([
      {
        state: 'firing',
        kind: 'limit',
        severity: 'warning',
        guest: 'web1',
        resource: 'rss',
        since: 4000,
        lastAt: 5000,
        at: 5000,
        hits: 3,
        untoldHits: 2,
      },
    ]);
    expect(record).toMatchObject({ hits: 3, untoldHits: 2, raisedAt: 5000, told: { kind: 'limit', since: 4000 } });
    expect(tell(record, telling)).toEqual({ record, notices: [] });
    expect(openOf(record, telling)).toEqual(notices);
  });

  test.each([
    ['it is muted', { ...telling, muted: true }, firing],
    ['nothing is wrong any more', telling, { ...firing, phase: 'resolving' as const }],
  ])('is not told while %s', (_why, when, record) => {
    expect(tell(record, when)).toEqual({ record, notices: [] });
    expect([openOf(record, when), endOf(record, when)]).toEqual([[], []]);
  });

  test('is owed while the last one is too short a time ago', () => {
    const cooling = { ...firing, raisedAt: 4001 };
    expect(tell(cooling, telling)).toEqual({ record: { ...cooling, owes: true }, notices: [] });
    expect(openOf(cooling, telling)).toEqual([]);
  });

  test('waits for no cooldown where something was killed', () => {
    const killed = { ...firing, raisedAt: 4999 };
    expect(tell(killed, { ...telling, resource: 'oom-kill' }).notices).toMatchObject([{ severity: 'critical' }]);
    expect(cooledAt(killed, telling)).toBe(5999);
  });
});

test('what ends without having been told is counted for the next one', () => {
  expect(tell({ ...firing, phase: 'ok' }, telling)).toMatchObject({ record: { hits: 0, untoldHits: 5 }, notices: [] });
});

test('what is owed is told when the cooldown is over, and not before', () => {
  const owed = { ...NOTHING_YET, hitAt: 4500, untoldHits: 5, raisedAt: 4001, owes: true as const, transitions: [1, 2] };
  expect(withOwed(owed, telling)).toBe(owed);
  const later = { ...telling, now: 5001 };
  expect(withOwed(owed, { ...later, muted: true })).toBe(owed);
  expect(withOwed(owed, later)).toMatchObject({
    phase: 'firing',
    since: 4500,
    hits: 5,
    untoldHits: 0,
    transitions: [1],
  });
  expect(tell(withOwed(owed, later), later).notices).toMatchObject([{ state: 'firing', hits: 5, untoldHits: 0 }]);
});

test('flapping takes the place of the alert, and the alert that of flapping', () => {
  const told: AlertRecord = { ...firing, told: { kind: 'limit', since: 4000 }, raisedAt: 100 };
  const flapping = tell({ ...told, flaps: true }, telling);
  expect(flapping.notices.map(({ state, kind, since, hits }) => [state, kind, since, hits])).toEqual([
    ['resolved', 'limit', 4000, 3],
    ['firing', 'flapping', 5000, 0],
  ]);
  const calm = tell({ ...flapping.record, flaps: false }, { ...telling, now: 9000 });
  expect(calm.notices.map(({ state, kind }) => [state, kind])).toEqual([
    ['resolved', 'flapping'],
    ['firing', 'limit'],
  ]);
});
