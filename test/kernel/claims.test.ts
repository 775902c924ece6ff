import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExecutorClient, isRoot } from './executor-client.ts';
import { TestGuest } from './test-guest.ts';

describe.skipIf(!isRoot)('two executors of one host', () => {
  let first: ExecutorClient;
  let second: ExecutorClient;
  let guest: TestGuest;

  beforeEach(async () => {
    first = new ExecutorClient();
    second = new ExecutorClient();
    guest = await TestGuest.start({ controllers: ['pids', 'cpu', 'memory'], confined: true });
    for (const executor of [first, second]) expect(await executor.tell(guest.opening)).toMatch(/^ok/);
  });
  afterEach(async () => {
    await guest.stop();
    await Promise.all([first.stop(), second.stop()]);
  });

  const limit = (executor: ExecutorClient, value: number) => executor.tell(`limit ${guest.named} pids.max=${value}`);
  const held = () => readFileSync(guest.file('pids', 'pids.max'), 'utf8').trim();
  const claimed = () => `fail 16 claimed ${first.pid}`;

  test('do not both limit a guest: the later one is told who does', async () => {
    expect(await limit(first, 7)).toBe('ok');
    expect(await limit(second, 9)).toBe(claimed());
    expect(await second.tell(`limit-data ${guest.named} 1048576`)).toBe(claimed());
    expect(await second.tell(`grant-cpu ${guest.named} cpu.cfs_quota_us=20000`)).toBe(claimed());
    expect(held()).toBe('7');
    expect(await limit(first, 8)).toBe('ok');
    expect(held()).toBe('8');
  });

  test('do not both change its devices, and who is refused has the rest of its plan cancelled', async () => {
    expect(await first.tell(`grant ${guest.name} c:1:9 rw`)).toBe('ok');
    const step = `grant ${guest.name} c:10:200 rw`;
    const answers = await second.perform([step, `make-folder ${guest.name} dev/x`]);
    expect(answers).toEqual([claimed(), expect.stringMatching(/^fail 125 plan /)]);
    expect(await second.tell(`make-folder ${guest.name} dev/x`)).toBe(claimed());
    expect(await second.tell(`grants ${guest.name}`)).toMatch(/^ok/); // who only looks takes nothing
  });

  test('one claim is for its limits and its devices', async () => {
    expect(await limit(first, 7)).toBe('ok');
    expect(await second.tell(`grant ${guest.name} c:1:9 rw`)).toBe(claimed());
    expect(await first.tell(`grant ${guest.name} c:1:9 rw`)).toBe('ok');
  });

  test('the later one may when the first has ended, however it does', async () => {
    await limit(first, 7);
    process.kill(first.pid, 'SIGKILL');
    await expect.poll(() => limit(second, 9)).toBe('ok');
    expect(held()).toBe('9');
  });

  test('the later one may when the first has closed the guest, and not because its worker was made anew', async () => {
    await limit(first, 7);
    expect(await first.tell(guest.opening)).toMatch(/^ok/);
    expect(await limit(second, 9)).toBe(claimed());
    expect(await first.tell(`guest-close ${guest.name}`)).toBe('ok');
    expect(await limit(second, 9)).toBe('ok');
    expect(await limit(first, 7)).toBe(`fail 16 claimed ${second.pid}`);
  });

  test('have each their own guests, side by side', async () => {
    const other = await TestGuest.start({ controllers: ['pids'] });
    try {
      expect(await limit(first, 7)).toBe('ok');
      expect(await second.tell(`limit ${other.named} pids.max=9`)).toBe('ok');
    } finally {
      await other.stop();
    }
  });

  test('do not both have a folder of guests, under whatever name', async () => {
    const folder = join(guest.folder, 'lxc');
    mkdirSync(folder);
    symlinkSync(folder, join(guest.folder, 'other'));
    mkdirSync(join(guest.folder, 'third'));
    expect(await first.tell(`claim-folder ${folder}`)).toBe('ok');
    expect(await first.tell(`claim-folder ${folder}`)).toBe('ok');
    expect(await second.tell(`claim-folder ${guest.folder}/other/`)).toBe(claimed());
    expect(await second.tell(`claim-folder ${guest.folder}/third`)).toBe('ok');
    expect(await second.tell(`claim-folder ${guest.folder}/none`)).toBe(`fail 2 open ${guest.folder}/none`);
    await first.end();
    expect(await second.tell(`claim-folder ${folder}`)).toBe('ok');
    rmSync(folder, { recursive: true });
  });

  test('tell each other by a file that nobody else may open', async () => {
    await limit(first, 7);
    const { mode, uid } = statSync('/run/hostler.lock');
    expect([mode & 0o777, uid]).toEqual([0o600, 0]);
  });
});
