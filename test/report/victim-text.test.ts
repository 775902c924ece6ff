import { expect, test } from 'vitest';
import { victimText } from '../../src/report/victim-text.ts';

test('a process that was killed is told of by what it called itself, which does nothing to a terminal', () => {
  expect(victimText({ pid: 7, command: 'a\u001b[2Jb' })).toBe('a\\x1b[2Jb (process 7)');
});
