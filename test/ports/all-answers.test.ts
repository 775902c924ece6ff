import { expect, test } from 'vitest';
import { allAnswers } from '../../src/ports/all-answers.ts';
import type { Answer } from '../../src/ports/executor.ts';

const failed = (subject: string): Answer<number> => ({ ok: false, failed: { errno: 'EIO', call: 'read', subject } });

test('several answers are one with all values, in their order', () => {
  expect(allAnswers([])).toEqual({ ok: true, value: [] });
  expect(
    allAnswers([
      { ok: true, value: 2 },
      { ok: true, value: 1 },
    ]),
  ).toEqual({ ok: true, value: [2, 1] });
});

test('one that failed makes all of them fail, the first its way', () => {
  expect(allAnswers([{ ok: true, value: 2 }, failed('a'), failed('b')])).toEqual(failed('a'));
});
