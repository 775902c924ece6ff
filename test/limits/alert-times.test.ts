import { expect, test } from 'vitest';
import { NOTHING_YET } from '../../src/limits/alert-phase.ts';
import { notAfter, withCalendarSet } from '../../src/limits/alert-times.ts';
import type { AlertRecord } from '../../src/model/alert.ts';

const record: AlertRecord = {
  ...NOTHING_YET,
  phase: 'firing',
  since: 10,
  highSince: 20,
  hitAt: 30,
  told: { kind: 'limit', since: 10 },
  raisedAt: 40,
  transitions: [50, 60],
};

test('where the calendar was set, all is as long ago as it was, and what was told stays as it was told', () => {
  expect(withCalendarSet({ stopping: true, resources: { rss: record } }, 1000)).toEqual({
    stopping: true,
    resources: {
      rss: { ...record, since: 1010, highSince: 1020, hitAt: 1030, raisedAt: 1040, transitions: [1050, 1060] },
    },
  });
});

test('nothing of a record is later than now', () => {
  expect(notAfter(record, 35)).toEqual({ ...record, raisedAt: 35, transitions: [35, 35] });
});
