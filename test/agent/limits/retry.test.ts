import { expect, test } from 'vitest';
import { EMPTY_LEDGER, newLimitRecord } from '../../../src/agent/limits/record.ts';
import { retryAt } from '../../../src/agent/limits/retry.ts';

const REFUSED = [{ code: 'E_LIMIT', subject: 'web1', detail: 'memory.max 1: EROFS' }] as const;

test('each resource waits for itself, longer each time', () => {
  const record = newLimitRecord(EMPTY_LEDGER, 0);
  expect(retryAt(record, 'memory', REFUSED, 0)).toBe(50);
  expect(retryAt(record, 'memory', REFUSED, 50)).toBe(150);
  expect(retryAt(record, 'cpu', REFUSED, 60)).toBe(110);
  expect(retryAt(record, 'memory', REFUSED, 70)).toBe(150);
});

test('begins anew when nothing was refused, and what another event mends waits for none', () => {
  const record = newLimitRecord(EMPTY_LEDGER, 0);
  retryAt(record, 'memory', REFUSED, 0);
  expect(retryAt(record, 'memory', [], 50)).toBeUndefined();
  expect(retryAt(record, 'memory', [{ code: 'W_LIMIT_ABSENT', subject: 'web1', detail: '' }], 60)).toBeUndefined();
  expect(retryAt(record, 'memory', REFUSED, 70)).toBe(120);
});
