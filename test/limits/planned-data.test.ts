import { expect, test } from 'vitest';
import { plannedData } from '../../src/limits/planned-data.ts';

const given = (bytes: number, own = {}) => ({ own, given: [bytes] });

test.each([
  ['nobody limits it', undefined, {}, undefined, undefined],
  ['it has no limit', 64, {}, undefined, 64],
  ['it has a lower one of its own', 64, { soft: 32 }, undefined, undefined],
  ['it has ours', 64, { soft: 64 }, given(64), undefined],
  ['ours was lower', 64, { soft: 32 }, given(32), 64],
  ['ours was lower, and its own is as well', 64, { soft: 32 }, given(32, { soft: 48 }), 48],
  ['it lowered its own after ours', 64, { soft: 16 }, given(64), undefined],
  ['the policy limits it no more', undefined, { soft: 64 }, given(64), Number.POSITIVE_INFINITY],
])('where %s', (_, bytes, held, before, planned) => {
  expect(plannedData(bytes, held, before)).toBe(planned);
});
