import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { plugDisk, unplugDisk } from './disk.ts';
import { isRoot } from './executor-client.ts';
import { HOOK, Listening } from './listening.ts';
import { noteCgroup } from './noted.ts';

const UDEVD = '/lib/systemd/systemd-udevd';
const RULES = new URL('../../packaging/udev/90-hostler.rules', import.meta.url).pathname;
const SHIPPED = '/usr/lib/hostler/hostler-hook';

/** udev's programs know the socket by the path that is compiled in, below the test's own /run. */
const SETUP = 'mkdir -p /run/hostler /run/udev/rules.d';

describe.runIf(isRoot && existsSync(UDEVD))("udev's RUN+=", () => {
  let executor: Listening;
  let udevd: ChildProcess;

  beforeEach(async () => {
    executor = await Listening.start(SETUP);
    expect(await executor.ask('hook-socket /run/hostler/hook.sock')).toEqual(['ok']);
  });
  afterEach(async () => {
    const ended = once(udevd, 'exit');
    udevd.kill();
    await ended;
    await executor.stop();
  });

  async function startUdevd(rules: string): Promise<void> {
    executor.run('tee', ['/run/udev/rules.d/90-hostler.rules'], rules.replaceAll(SHIPPED, HOOK));
    await executor.ask('uevents 16777216 none');
    udevd = executor.start(UDEVD, ['--resolve-names=early']);
    await executor.event(/^udevd up$/);
  }

  const replugDisk = async (): Promise<void> => unplugDisk(plugDisk());

  test('the shipped rules nudge the agent when a disk comes and when it goes', async () => {
    await startUdevd(readFileSync(RULES, 'utf8'));
    await replugDisk();
    await executor.event(/^hook 0 nudge % 0 \d+ 0$/);
    await executor.event(/^hook 0 nudge % 0 \d+ 0$/, executor.events.findIndex((line) => line.startsWith('hook ')) + 1);
  });

  test('a rule that names a guest nudges that guest', async () => {
    await startUdevd(`ACTION=="add", KERNEL=="zram*", RUN+="${SHIPPED} scan1"\n`);
    await replugDisk();
    await executor.event(/^hook 0 nudge scan1 0 \d+ 0$/);
  });
});

describe.runIf(isRoot && existsSync('/usr/bin/lxc-start'))("LXC's start-host hook", () => {
  let executor: Listening;
  let lxcPath: string;
  const name = `hostler-test-${process.pid}`;
  /** LXC's command socket is abstract: it answers in the network namespace where the guest was started. */
  const lxc = (program: string, ...words: string[]): string =>
    executor.run(program, ['-P', lxcPath, '-n', name, ...words]).trim();

  beforeEach(async () => {
    executor = await Listening.start();
    lxcPath = join(executor.folder, 'lxc');
    mkdirSync(lxcPath);
    for (const kind of ['payload', 'monitor']) noteCgroup(`lxc.${kind}.${name}`);
    await executor.ask(`hook-socket ${join(executor.folder, 'hook.sock')}`);
    lxc('lxc-create', '-t', 'busybox');
    appendFileSync(join(lxcPath, name, 'config'), `lxc.net.0.type = empty\nlxc.hook.start-host = ${HOOK}\n`);
  });
  afterEach(async () => {
    lxc('lxc-destroy', '-f');
    await executor.stop();
  });

  /** The answer goes to an address in the caller's network namespace, which must be the executor's. */
  const start = (): ChildProcess =>
    executor.start('lxc-start', ['-P', lxcPath, '-n', name], {
      HOSTLER_HOOK_SOCKET: join(executor.folder, 'hook.sock'),
    });
  const asked = async (): Promise<readonly string[]> =>
    (await executor.event(new RegExp(`^hook \\d+ start ${name} `))).split(' ');

  test('asks with the name and the init of the guest, which runs when the agent lets it', async () => {
    const ended = once(start(), 'exit');
    const [, token, , , uid, , init] = await asked();
    expect(uid).toBe('0');
    expect(readFileSync(`/proc/${init}/status`, 'utf8')).toMatch(/^NSpid:\s+\d+\t1$/m);
    await executor.ask(`hook-answer ${token} go 0`);
    expect(await ended).toEqual([0, null]);
    expect(lxc('lxc-info', '-pH')).toBe(init);
  });

  test('a refusal keeps the guest from starting', async () => {
    const ended = once(start(), 'exit');
    const [, token] = await asked();
    await executor.ask(`hook-answer ${token} refuse 0`);
    const [code] = await ended;
    expect(code).not.toBe(0);
    await expect.poll(() => lxc('lxc-info', '-sH')).toBe('STOPPED');
  });
});
