import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isListedBelow, withKnownInits } from '../../src/guests/known-inits.ts';
import { lastInits } from '../../src/guests/last-inits.ts';
import { NO_HISTORY } from '../../src/model/guest-history.ts';
import type { Process } from '../../src/model/process-key.ts';
import { processKey } from '../../src/model/process-key.ts';
import type { Answer } from '../../src/ports/executor.ts';
import type { Host } from '../../src/ports/host.ts';
import { fakeHost } from '../fakes/host.ts';
import { Machine } from '../fakes/machine.ts';
import { startTime } from '../kernel/start-time.ts';

let child: ChildProcess;
let init: Process;
let answer: Answer<readonly Process[]>;
let host: Host;

beforeEach(async () => {
  child = spawn('sleep', ['600'], { stdio: 'ignore' });
  await once(child, 'spawn');
  init = { pid: child.pid ?? 0, startTime: String(startTime(child.pid ?? 0)) };
  host = withKnownInits({ ...fakeHost(new Machine()), inits: async () => answer });
  answer = { ok: true, value: [init] };
  await host.inits('/web');
});
afterEach(end);

async function end(): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

function refused(errno: string, call = 'cgroup'): Answer<readonly Process[]> {
  return { ok: false, failed: { errno, call, subject: '/web' } };
}

test('an init that lives has not ended where a search is refused', async () => {
  answer = refused('E2BIG');
  expect(await host.inits('/web')).toEqual({ ok: true, value: [init] });
  expect(await host.inits('/db')).toEqual(answer);
});

test('it has where its process ended, or another one has its number', async () => {
  const others = { ...init, startTime: '1' };
  answer = { ok: true, value: [others] };
  expect(await host.inits('/db')).toEqual(answer);
  await end();
  answer = refused('E2BIG');
  expect(await host.inits('/web')).toEqual(answer);
  expect(await host.inits('/db')).toEqual(answer);
});

test('one that an agent before has seen has not ended either, in the cgroup that it is in', async () => {
  const [, cgroup = ''] = /:(\/.*)$/m.exec(readFileSync(`/proc/${init.pid}/cgroup`, 'utf8')) ?? [];
  const others = { pid: process.pid, startTime: '1' };
  answer = refused('E2BIG');
  const next = withKnownInits({ ...fakeHost(new Machine()), inits: async () => answer }, () => [others, init]);
  expect(await next.inits(cgroup)).toEqual({ ok: true, value: [init] });
  expect(await next.inits('/lxc.payload.db')).toEqual(answer);
  await end();
  expect(await next.inits(cgroup)).toEqual(answer);
});

test('a process is in a cgroup that it is below of in any hierarchy, and not in one of a longer name', () => {
  const cgroups = '9:name=systemd:/lxc.payload.web/init.scope\n4:cpu,cpuacct:/lxc.payload.web\n0::/\n';
  expect(isListedBelow(cgroups, '/lxc.payload.web')).toBe(true);
  expect(isListedBelow(cgroups, '/lxc.payload.web/init.scope')).toBe(true);
  for (const other of ['/lxc.payload.we', '/lxc.payload.web/init', '/cpuacct', '/lxc.payload.db'])
    expect(isListedBelow(cgroups, other)).toBe(false);
});

test('of what is kept of guests only those count that ran in that start of the host', () => {
  const runs = new Map([
    ['web', { ...NO_HISTORY, run: { instance: processKey(init), bootId: 'this' } }],
    ['db', { ...NO_HISTORY, run: { instance: '31:99', bootId: 'other' } }],
    ['stopped', NO_HISTORY],
  ]);
  const history = (guest: string) => runs.get(guest);
  expect(lastInits({ history }, [...runs.keys(), 'unknown'], 'this')).toEqual([init]);
});

test('a search that was not cut is right, whatever was known', async () => {
  for (const right of [{ ok: true, value: [] } as const, refused('E2BIG')]) {
    answer = right;
    expect(await host.inits('/web')).toEqual(right);
  }
});

test.each([refused('ENOENT'), refused('EPIPE', 'executor')])(
  '$failed.errno of $failed.call is passed on',
  async (no) => {
    answer = no;
    expect(await host.inits('/web')).toEqual(no);
  },
);
