import { expect, test } from 'vitest';
import { CALM_MS, calmAt, FLAPS_WITHIN_MS, withFlaps } from '../../src/limits/alert-flaps.ts';
import { NOTHING_YET } from '../../src/limits/alert-phase.ts';
import type { AlertRecord } from '../../src/model/alert.ts';

/** Changes at these times. */
function changed(...times: readonly number[]): AlertRecord {
  let record = NOTHING_YET;
  for (const at of times) {
    const phase = record.phase === 'ok' ? 'firing' : 'ok';
    record = withFlaps(record, { ...record, phase }, at);
  }
  return record;
}

test('five changes within a quarter of an hour are flapping, four or slower ones are not', () => {
  expect(changed(1, 2, 3, 4).flaps).toBe(false);
  expect(changed(1, 2, 3, 4, FLAPS_WITHIN_MS).flaps).toBe(true);
  expect(changed(1, 2, 3, 4, FLAPS_WITHIN_MS + 1).flaps).toBe(false);
});

test('it flaps until nothing has changed for a while, and then anew only after five further changes', () => {
  const record = changed(1, 2, 3, 4, 5);
  const calm = calmAt(record);
  expect(calm).toBe(5 + CALM_MS);
  expect(withFlaps(record, record, calm - 1).flaps).toBe(true);
  expect(withFlaps(record, record, calm)).toMatchObject({ flaps: false, transitions: [] });
  expect(withFlaps(record, { ...record, phase: 'ok' }, calm - 1).transitions).toHaveLength(5);
});
