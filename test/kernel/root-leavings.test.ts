import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../scenarios/eventually.ts';
import { endProcess } from '../scenarios/in-cgroup.ts';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { startTime } from './start-time.ts';

const HOLD = new URL('../../native/build/fixtures/hold', import.meta.url).pathname;
/** $1: folder, $2: program. The first folders have the numbers that every file system gives its root. */
const MOUNT =
  'mount -t tmpfs t "$1" && cd "$1" && mkdir a b c l u w m && cp "$2" l/hold && mount -t overlay -o lowerdir=l,upperdir=u,workdir=w o m';
const ENTER = 'exec chroot m /hold /hold thread';
const APART = 'unshare -m --propagation private -p -f --kill-child sh -c';

describe.skipIf(!isRoot)('the root file system of a guest', () => {
  let executor: ExecutorClient;
  let folder = '';
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    executor = new ExecutorClient();
    await executor.tell('status'); // it is in its namespaces
    folder = mkdtempSync(join(tmpdir(), 'hostler-root-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) await endProcess(child);
    await executor.stop();
    rmSync(folder, { recursive: true });
  });

  /** In the executor's mount namespace, or in `of`; when it has said something. */
  async function run(script: string, of = executor.pid): Promise<ChildProcess> {
    const words = ['-t', `${of}`, '-m', 'sh', '-c', script, 'sh', folder, HOLD];
    const child = spawn('nsenter', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    return child;
  }
  async function initOf(guest: ChildProcess): Promise<number> {
    const list = () => readFileSync(`/proc/${guest.pid}/task/${guest.pid}/children`, 'utf8').trim();
    await eventually(() => expect(list()).toMatch(/^\d+$/));
    return Number(list());
  }
  async function rootOf(init: number): Promise<readonly string[]> {
    const answer = await executor.ask(`belongings ${init} ${startTime(init)} /hostler-none`);
    expect(answer.at(-1)).toBe('ok');
    return answer.flatMap((line) => line.match(/(?<=^row )root:.*/)?.[0] ?? []);
  }

  test('that its start has mounted is told where somebody keeps a mount of it, and by whom', async () => {
    const guest = await run(`exec ${APART} '${MOUNT} && ${ENTER}' sh "$1" "$2"`);
    const init = await initOf(guest);
    const [root = '', ...others] = await rootOf(init);
    expect([root, others]).toEqual([expect.stringMatching(/^root:0:\d+:0:\d+$/), []]);
    const keeper = await run('echo in && exec sleep 600', init);
    await endProcess(guest);
    const row = expect.stringMatching(`^row pinner ${keeper.pid} \\d+ (sh|sleep) mounted \\S+ ${folder}/m$`);
    await eventually(async () =>
      expect(await executor.ask(`leavings ${root}`)).toEqual([row, `row left ${root}`, 'ok 1']),
    );
    expect(await executor.tell(`take-away ${init} 1 ${root}`)).toBe('fail 22 protocol take-away');
    await endProcess(keeper);
    await eventually(async () => expect(await executor.ask(`leavings ${root}`)).toEqual(['ok 0']));
  });

  test('that the host has mounted is the host’s', async () => {
    const guest = await run(`${MOUNT} && exec ${APART} '${ENTER}'`);
    expect(await rootOf(await initOf(guest))).toEqual([]);
  });
});
