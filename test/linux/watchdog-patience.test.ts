import { expect, test } from 'vitest';
import { watchdogPatienceMs } from '../../src/linux/watchdog-patience.ts';

test.each([
  ['30 s', { WATCHDOG_USEC: '30000000' }, 30_000],
  ['30 s for this process', { WATCHDOG_USEC: '30000000', WATCHDOG_PID: String(process.pid) }, 30_000],
  ['none for this process', { WATCHDOG_USEC: '30000000', WATCHDOG_PID: '1' }, undefined],
  ['none', {}, undefined],
  ['no time at all', { WATCHDOG_USEC: '0' }, undefined],
  ['no number', { WATCHDOG_USEC: 'soon' }, undefined],
])('a manager that waits %s', (_what, environment, patienceMs) => {
  expect(watchdogPatienceMs(environment)).toBe(patienceMs);
});
