import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostler } from '../cli/hostler.ts';
import { eventually } from './eventually.ts';
import { createLxcGuest, type LxcGuest } from './lxc-guest.ts';
import { onTestHost } from './namespace.ts';
import { executorOf, isAlive } from './processes.ts';
import { createTestAgent, type TestAgent } from './test-agent.ts';

const NAME = 'two-agents';
const LIMIT = '/sys/fs/cgroup/pids/lxc.payload.two-agents/pids.max';
const RULES = `
- rule: tun
  match: { subsystem: misc, sysname: tun }
  guest: ${NAME}
`;

describe.skipIf(!onTestHost)('two agents of one host, each with a run folder of its own', () => {
  let first: TestAgent;
  let second: TestAgent;
  let guest: LxcGuest;
  let monitor: ChildProcess | undefined;

  beforeEach(async () => {
    first = createTestAgent();
    second = createTestAgent();
    guest = createLxcGuest({ name: NAME, lxcPath: first.lxcPath });
    first.policy('few', `guests: ${NAME}\nprocesses: { limit: 50 }`);
    second.policy('many', `guests: ${NAME}\nprocesses: { limit: 90 }`);
    second.rules(RULES);
    await first.start();
  });
  afterEach(async () => {
    await guest.destroy();
    monitor?.kill('SIGKILL');
    monitor = undefined;
    await Promise.all([first.destroy(), second.destroy()]);
  });

  test('do not both govern the guests of one folder: the second ends at once and says why', async () => {
    writeFileSync(join(second.folder, 'etc/hostler.yaml'), `lxcPath: ${first.lxcPath}/\nmetrics: off\n`);
    const refused = await hostler(second.words);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toBe(
      `E_CLAIMED ${first.lxcPath}/: another agent of this host governs it: process ${executorOf(first.pid())}; stop that agent, or let each have guests of its own: another lxcPath, other rules and policies\n`,
    );
    const executor = executorOf(first.pid());
    await first.end('SIGKILL');
    await eventually(() => expect(isAlive(executor)).toBe(false));
    await second.start();
    await first.start().catch(() => undefined); // now it is the later one
    await eventually(() => expect(first.log()).toContain('E_CLAIMED'));
  });

  test('do not both write to one guest that each of them knows: the second tells it, and may when the first has ended', async () => {
    // Without a title of its own the monitor does not say whose folder the guest is of.
    createLxcGuest({ name: NAME, lxcPath: second.lxcPath });
    monitor = spawn('lxc-start', ['-F', '-P', first.lxcPath, '-n', NAME], { stdio: 'ignore', detached: true });
    await eventually(() => expect(readFileSync(LIMIT, 'utf8')).toBe('50\n'));
    await second.start();
    const claimed = { code: 'E_CLAIMED', subject: NAME, detail: `process ${executorOf(first.pid())}` };
    await eventually(async () => expect((await second.guest(NAME)).refusals).toContainEqual(claimed));
    expect((await first.guest(NAME)).refusals).toEqual([]);
    expect(readFileSync(LIMIT, 'utf8')).toBe('50\n');
    // Once of its devices, once of its limits.
    await eventually(() => expect(second.log().match(/E_CLAIMED/g)).toHaveLength(2));

    await first.end('SIGKILL');
    await eventually(() => expect(readFileSync(LIMIT, 'utf8')).toBe('90\n'), 40_000);
    await eventually(async () => expect((await second.guest(NAME)).refusals).toEqual([]), 40_000);
    const ended = once(monitor, 'exit');
    await guest.stop();
    await ended;
  });
});
