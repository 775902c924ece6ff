import { expect, test } from 'vitest';
import { processKey } from '../../src/model/process-key.ts';

test('a process that has the pid of one that ended is another', () => {
  const [former, later] = [
    { pid: 31, startTime: '99' },
    { pid: 31, startTime: '100' },
  ].map(processKey);
  expect([former, later]).toEqual(['31:99', '31:100']);
});
