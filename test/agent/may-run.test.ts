import { expect, test } from 'vitest';
import { mayRun } from '../../src/agent/may-run.ts';
import type { Process } from '../../src/model/process-key.ts';
import { processKey } from '../../src/model/process-key.ts';
import type { Answer } from '../../src/ports/executor.ts';

const INIT = { pid: 7, startTime: '42' };
const failing = (errno: string): Answer<readonly Process[]> => ({
  ok: false,
  failed: { errno, call: 'cgroup', subject: '/unit' },
});

test.each<readonly [string, Answer<readonly Process[]>, boolean]>([
  ['its init is there', { ok: true, value: [INIT] }, true],
  ['another start has its pid', { ok: true, value: [{ ...INIT, startTime: '43' }] }, false],
  ['nobody is there', { ok: true, value: [] }, false],
  ['its cgroup is gone', failing('ENOENT'), false],
  ['nobody can say so', failing('EPIPE'), true],
])('whether a start may run when %s', async (_when, inits, may) => {
  expect(await mayRun({ inits: async () => inits }, '/unit', processKey(INIT))).toBe(may);
});
