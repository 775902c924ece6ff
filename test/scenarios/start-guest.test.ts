import { mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExecutorClient } from '../kernel/executor-client.ts';
import { noteGuest } from '../kernel/noted.ts';
import { parentOf, startTime } from '../kernel/start-time.ts';
import { eventually } from './eventually.ts';
import { createLxcGuest } from './lxc-guest.ts';
import { onTestHost } from './namespace.ts';

const NAME = 'robust-begun';
const CGROUP = `/lxc.payload.${NAME}`;

describe.skipIf(!onTestHost)('a guest of LXC that is started without systemd', () => {
  const lxcPath = mkdtempSync(join(tmpdir(), 'hostler-begun-'));
  let executor: ExecutorClient;

  beforeEach(() => {
    executor = new ExecutorClient('mount -t tmpfs none /run');
  });
  afterEach(() => executor.stop());
  afterAll(() => rmSync(lxcPath, { recursive: true }));

  test('is LXC’s own, and goes on without who began it', async () => {
    createLxcGuest({ name: NAME, lxcPath });
    expect(await executor.tell(`start-guest lxc ${NAME} ${lxcPath}`)).toBe('ok');
    const init = await eventually(async () => {
      const [row = ''] = await executor.ask(`inits ${CGROUP}`);
      expect(row).toMatch(/^row /);
      return Number(row.split(' ')[1]);
    });
    noteGuest(init);
    const began = startTime(init);
    const monitor = parentOf(init);
    expect(parentOf(monitor)).not.toBe(executor.pid);
    expect(readFileSync(`/proc/${monitor}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[3]).not.toBe(`${executor.pid}`);
    expect(readFileSync(`/proc/${monitor}/status`, 'utf8')).toMatch(/^SigIgn:\s*0000000000000000$/m);
    expect(readlinkSync(`/proc/${monitor}/cwd`)).toBe('/');
    await executor.stop();
    expect(startTime(init)).toBe(began);
    executor = new ExecutorClient();
    const state = await executor.tell(`init-state ${init} ${began} ${CGROUP}`);
    expect(await executor.tell(`kill-guest ${init} ${began} ${CGROUP} ${state.split(' ').at(-1)}`)).toBe('ok 0');
    await eventually(() => expect(() => process.kill(monitor, 0)).toThrow('ESRCH'));
  });

  test('that it does not have is told of in its own words', async () => {
    expect(await executor.tell(`start-guest lxc robust-absent ${lxcPath}`)).toMatch(
      /^fail 121 lxc-start .*robust-absent/,
    );
  });
});
