import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExecutorClient, isRoot, openDescriptors, residentKiB } from './executor-client.ts';
import { TestGuest } from './test-guest.ts';

describe.skipIf(!isRoot)('guests and their workers', () => {
  let executor: ExecutorClient;
  let guest: TestGuest;
  beforeEach(async () => {
    executor = new ExecutorClient();
    guest = await TestGuest.start();
    expect(await executor.tell(guest.opening)).toMatch(/^ok /);
  });
  afterEach(async () => {
    await executor.stop();
    await guest.stop();
  });

  const worker = (): number => executor.worker();
  const node = (path: string): string => `make-node ${guest.name} ${path} c:1:3 0666 0 0`;

  test('a plan stops at its first failure, another plan does not', async () => {
    const answers = await executor.perform([node('dev/a'), node('dev/none/a'), node('dev/b'), node('dev/c')]);
    const failed = /plan (\d+\.\d+)/.exec(answers[2] ?? '')?.[1];
    expect(answers).toEqual(['ok', 'fail 2 openat2 dev/none/a', `fail 125 plan ${failed}`, `fail 125 plan ${failed}`]);
    expect(await guest.does('stat /dev/b')).toBe('errno 2');
    expect(await executor.perform([node('dev/b')])).toEqual(['ok']);
    expect(await executor.tell(node('dev/none/a'))).toBe('fail 2 openat2 dev/none/a');
    expect(await executor.tell(node('dev/c'))).toBe('ok');
  });

  test('a line, or lines, that fill a packet to its last byte are all performed', async () => {
    const observe = (bytes: number): string => `observe ${guest.name} `.padEnd(bytes, 'a');
    executor.write(`70.1 ${observe(65_535 - '70.1 '.length)}\n`);
    expect((await executor.answered(70, 1)).at(-1)).toMatch(/^fail 22 path a+$/);
    executor.write(`71.1 ${observe(32_767 - '71.1 '.length)}\n72.1 ${observe(32_767 - '72.1 '.length)}\n`);
    for (const plan of [71, 72]) expect((await executor.answered(plan, 1)).at(-1)).toMatch(/^fail 22 path a+$/);
  });

  test('a failing plan of one guest leaves the same plan of another alone', async () => {
    const other = await TestGuest.start();
    await executor.tell(other.opening);
    const answers = await executor.perform([node('dev/none/a'), `make-link ${other.name} dev/a b`, node('dev/a')]);
    expect(answers.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(['fail 2', 'ok', 'fail 125']);
    await executor.tell(`guest-close ${other.name}`);
    await other.stop();
  });

  test('a verb that does not come back in 5 s costs the worker, not the others', async () => {
    const other = await TestGuest.start();
    await executor.tell(other.opening);
    process.kill(worker(), 'SIGSTOP');
    const since = performance.now();
    const stuck = executor.perform([node('dev/a'), node('dev/b'), `observe ${guest.name} dev`]);
    expect(await Promise.race([executor.tell(`observe ${other.name} dev`), stuck])).toBe('ok 1');
    expect(await stuck).toEqual(Array(3).fill(`fail 110 deadline ${guest.name}`));
    expect(performance.now() - since).toBeGreaterThan(4900);
    expect(await executor.event(/guest-suspect/)).toBe(`guest-suspect ${guest.name}`);
    expect(await executor.tell(node('dev/a'))).toBe(`fail 110 deadline ${guest.name}`);
    await expect.poll(() => executor.tell(guest.opening)).toMatch(/^ok /);
    expect(await executor.tell(node('dev/a'))).toBe('ok');
    await other.stop();
  });

  test('a worker that answered while the executor itself could not run is left alone', async () => {
    process.kill(worker(), 'SIGSTOP');
    const answer = executor.performEach([node('dev/a')]);
    await executor.tell('guest-close nobody');
    const pid = worker();
    process.kill(executor.pid, 'SIGSTOP');
    process.kill(pid, 'SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 5200));
    process.kill(executor.pid, 'SIGCONT');
    expect(await answer).toEqual(['ok']);
    expect(executor.workers()).toEqual([pid]);
  });

  test('a later step of a plan that was refused here is not performed, whatever waits before it', async () => {
    process.kill(worker(), 'SIGSTOP');
    const waiting = executor.performEach(Array(256).fill(node('dev/a')));
    executor.write(`81.1 ${node('dev/b')}\n`);
    expect(await executor.answered(81, 1)).toEqual([`fail 16 busy ${guest.name}`]);
    process.kill(worker(), 'SIGCONT');
    await waiting;
    executor.write(`82.1 ${node('dev/a')}\n81.2 ${node('dev/c')}\n82.2 ${node('dev/d')}\n`);
    expect(await executor.answered(81, 2)).toEqual(['fail 125 plan 81.1']);
    expect(await executor.answered(82, 2)).toEqual(['ok']);
    expect(await guest.does('stat /dev/c')).toBe('errno 2');
  });

  test('a guest that ends while the agent does not read is told when it does', async () => {
    executor.pause();
    const refused = executor.performEach(Array(60_000).fill('guest-close nobody-with-a-name-that-fills-the-room'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    process.kill(guest.pid, 'SIGKILL');
    await expect.poll(() => executor.workers()).toEqual([]);
    executor.resume();
    await refused;
    await expect.poll(() => executor.events).toEqual([`guest-gone ${guest.name}`]);
  });

  test('a worker that dies answers for all that waits', async () => {
    process.kill(worker(), 'SIGSTOP');
    const waiting = executor.perform([node('dev/a'), node('dev/b')]);
    await executor.tell('guest-close nobody');
    process.kill(worker(), 'SIGKILL');
    expect(await waiting).toEqual(Array(2).fill(`fail 32 worker ${guest.name}`));
    await expect.poll(() => executor.events).toEqual([`guest-suspect ${guest.name}`]);
  });

  test('a worker that dies while nobody asks anything of it is told', async () => {
    process.kill(worker(), 'SIGKILL');
    await expect.poll(() => executor.events).toEqual([`guest-suspect ${guest.name}`]);
    expect(await executor.tell(node('dev/a'))).toBe(`fail 32 worker ${guest.name}`);
  });

  test('the 257th request is refused, and every later step of its plan', async () => {
    process.kill(worker(), 'SIGSTOP');
    const requests = Array.from({ length: 258 }, (_, index) => node(`dev/n${index}`));
    const answers = executor.perform(requests);
    await executor.tell('guest-close nobody');
    process.kill(worker(), 'SIGCONT');
    const said = await answers;
    expect(said.slice(0, 256)).toEqual(Array(256).fill('ok'));
    expect(said.slice(256)).toEqual(Array(2).fill(`fail 16 busy ${guest.name}`));
  });

  test('a guest that ends is told, and nothing of it is kept', async () => {
    process.kill(worker(), 'SIGSTOP');
    const waiting = executor.perform([node('dev/a')]);
    await executor.tell('guest-close nobody');
    process.kill(guest.pid, 'SIGKILL');
    expect(await executor.event(/guest-gone/)).toBe(`guest-gone ${guest.name}`);
    expect(await waiting).toEqual([`fail 3 guest ${guest.name}`]);
    expect(await executor.tell(node('dev/a'))).toBe(`fail 3 guest ${guest.name}`);
    expect(await executor.tell(guest.opening)).toBe(`fail 3 guest ${guest.name}`);
  });

  test('a guest is opened only as what it is', async () => {
    const open = (pid: number, cgroup: string): Promise<string> => executor.tell(`guest-open other ${pid} ${cgroup}`);
    expect(await open(1, '/')).toBe('fail 3 guest other');
    expect(await open(process.pid, guest.cgroup)).toBe('fail 3 guest other');
    expect(await open(4_194_300, guest.cgroup)).toBe('fail 3 guest other');
    for (const cgroup of ['/', '/elsewhere', `${guest.cgroup}x`, guest.cgroup.slice(0, -1), `${guest.cgroup}/`, 'web'])
      expect(await open(guest.pid, cgroup)).toBe(`fail 1 cgroup ${cgroup}`);
    expect(await executor.tell('observe other dev')).toBe('fail 3 guest other');
  });

  test('closing ends the worker and leaves the guest as it is', async () => {
    await executor.tell(node('dev/a'));
    const pid = worker();
    expect(await executor.tell(`guest-close ${guest.name}`)).toBe('ok');
    expect(await executor.tell(`guest-close ${guest.name}`)).toBe(`fail 3 guest ${guest.name}`);
    await expect.poll(() => executor.workers()).not.toContain(pid);
    expect(await guest.does('open /dev/a rw')).toBe('ok');
  });

  test('an executor that is killed takes its workers along, and no guest', async () => {
    const pid = worker();
    process.kill(executor.pid, 'SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(isAlive(guest.pid)).toBe(true);
  });

  test('a thousand changes cost no descriptor and little memory', async () => {
    const bound = await TestGuest.start({ users: [100_000, 65_536] });
    await executor.tell(bound.opening);
    const opened = (): readonly number[] => [executor.pid, ...executor.workers()].map(openDescriptors);
    const turn = async (name: string, path: string): Promise<void> => {
      await executor.perform([
        `make-folder ${name} dev/x`,
        `make-node ${name} dev/x/${path} c:1:3 0666 0 0`,
        `make-node ${name} dev/${path} c:1:5 0666 0 0`,
        `make-link ${name} dev/l ${path}`,
        `make-node ${name} dev/none/x c:1:5 0666 0 0`,
      ]);
      await executor.perform([
        `remove-link ${name} dev/l ${path}`,
        `remove-node ${name} dev/${path} c:1:5`,
        `remove-node ${name} dev/x/${path} c:1:3`,
        `remove-folder ${name} dev/x`,
      ]);
    };
    await turn(guest.name, 'warm');
    await turn(bound.name, 'warm');
    const before = opened();
    for (let i = 0; i < 60; i += 1) {
      await turn(guest.name, `n${i}`);
      await turn(bound.name, `n${i}`);
    }
    expect(opened()).toEqual(before);
    if (!process.env.HOSTLER_EXECUTOR) expect(residentKiB(executor.pid)).toBeLessThan(2048);
    await bound.stop();
  });
});

/** What has ended and was not yet waited for does not live. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
