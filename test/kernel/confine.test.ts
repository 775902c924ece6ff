import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { fixture } from './listening.ts';
import { TestGuest } from './test-guest.ts';

const EPERM = 1;
const ENOENT = 2;

test('who is confined has memory, but none that it could execute, and begins no program', () => {
  expect(execFileSync(fixture('confined'), { encoding: 'utf8' })).toBe(
    [`write 0 execute 0 make 0 begin ${ENOENT}`, `write 0 execute ${EPERM} make ${EPERM} begin ${EPERM}`, ''].join(
      '\n',
    ),
  );
});

describe.skipIf(!isRoot)('an executor', () => {
  test('confines its workers', async () => {
    const executor = new ExecutorClient();
    const guest = await TestGuest.start();
    expect(await executor.tell(guest.opening)).toMatch(/^ok /);
    expect(readFileSync(`/proc/${executor.worker()}/status`, 'utf8')).toMatch(/^Seccomp:\s+2$/m);
    await executor.stop();
    await guest.stop();
  });
});
