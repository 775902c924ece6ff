import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { signalNumber } from '../../../src/import/lxc/signal-number.ts';

test('every signal has the number that it has on this host', () => {
  for (const [name, number] of Object.entries(constants.signals)) {
    if (['SIGIOT', 'SIGPOLL', 'SIGUNUSED'].includes(name)) continue;
    expect([name, signalNumber(name)]).toEqual([name, number]);
  }
});

test.each([
  ['37', 37],
  ['PWR', 30],
  ['SIGRTMIN+3', 37],
  ['RTMAX-1', 63],
  ['SIGRTMIN', 34],
  ['0', undefined],
  ['65', undefined],
  ['SIGRTMIN-1', undefined],
  ['SIGRTMAX+1', undefined],
  ['SIGNONE', undefined],
])('%s is %s', (text, number) => {
  expect(signalNumber(text)).toBe(number);
});
