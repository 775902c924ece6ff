import { expect, test } from 'vitest';
import { alertState, levelText } from '../../src/report/alert-state.ts';
import { openAlert } from './open-alert.ts';

test.each([
  [openAlert, 'firing'],
  [{ ...openAlert, told: false }, 'firing, muted'],
  [{ ...openAlert, told: false, phase: 'pending' }, 'pending'],
  [{ ...openAlert, kind: 'flapping' }, 'flapping'],
] as const)('of %j it is told %s', (one, state) => {
  expect(alertState(one)).toBe(state);
});

test('a level is told in percent', () => {
  expect(levelText(0.966)).toBe('97 %');
});
