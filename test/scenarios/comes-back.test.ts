import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onlineCpus } from '../../src/linux/capacity.ts';
import { parentOf } from '../kernel/start-time.ts';
import { held } from './control-file.ts';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { isAlive } from './processes.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const LOOP = 478;
const VETH = 'hostler-back0';
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const NAMES = Array.from({ length: 5 }, (_, at) => `back${at}`);
const FIRST = 'back0';
const AT_BOOT =
  '[ ! -e /gone ] || : > /has-rebooted; [ ! -e /again ] || { mv /again /gone; exec /bin/busybox reboot -f; }';
/** So many are on their way at a time. */
const AT_ONCE = Math.min(Math.max(onlineCpus(), 2), NAMES.length);
const RULES = `
- rule: disk
  match: { subsystem: block, sysname: loop${LOOP} }
  guest: ${FIRST}
`;

describe.skipIf(!onTestHost)('a guest comes back', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-boot-'));
  const guests = new Map<string, SceneGuest>();
  let scene: Scene;
  let hasOtherBoot = false;
  const pidOf = async (name: string) => (await scene.agent.guest(name)).instance?.pid ?? 0;
  const running = async () => {
    const pids = await Promise.all(NAMES.map(pidOf));
    return NAMES.filter((_, at) => pids[at] !== 0);
  };
  const readyFile = (name: string) => join(guests.get(name)?.folder ?? '', 'rootfs/ready');
  const links = (pid: number | 'self') =>
    [...readFileSync(`/proc/${pid}/net/dev`, 'utf8').matchAll(/^ *([^ :]+):/gm)].map(([, name]) => name);
  /** All that the first one has. */
  const isWhole = () =>
    eventually(async () => {
      const pid = await pidOf(FIRST);
      expect((await guests.get(FIRST)?.inside())?.names()).toEqual([`loop${LOOP}`]);
      expect((await guests.get(FIRST)?.inside())?.blockGrants()).toEqual([`b 7:${LOOP} rw`]);
      expect(held('pids.max', FIRST)).toBe('77');
      expect(links(pid)).toContain('eth0');
      expect(links('self').filter((name) => name === VETH)).toHaveLength(1);
    });

  beforeAll(async () => {
    scene = await createScene({ rules: RULES, agent: 'later' });
    scene.agent.policy('few', `guests: ${FIRST}\nprocesses: { limit: 77 }`);
    for (const name of NAMES) {
      guests.set(name, scene.make(name, name === FIRST ? { furnish } : {}));
      scene.agent.guestFile(
        name,
        'start: { auto: true, ready: { command: [/bin/test, -e, /ready] }, timeout: 30m }\nrestart: { crash: {} }',
      );
      writeFileSync(readyFile(name), '');
    }
    plugLoop(LOOP);
    await scene.agent.start();
    await eventually(async () => expect(await running()).toEqual(NAMES));
    await isWhole();
  });
  afterAll(async () => {
    await scene?.agent.end('SIGTERM');
    await scene?.end();
    unplugLoop(LOOP);
    if (hasOtherBoot) execFileSync('umount', [BOOT_ID]);
    rmSync(folder, { recursive: true });
  });

  test('from a reboot of its own with its devices, limits and network, which is no crash', async () => {
    const pid = await pidOf(FIRST);
    const inside = (...words: string[]) => guests.get(FIRST)?.attach('/bin/busybox', ...words);
    await eventually(() => inside('true'));
    await inside('reboot', '-f')?.catch(() => undefined); // it ends with the guest
    await eventually(async () => expect(await pidOf(FIRST)).not.toBeOneOf([0, pid]));
    await isWhole();
    await eventually(async () =>
      expect((await scene.agent.guest(FIRST)).life).toMatchObject({ crashes: 0, end: { why: 'rebooted' } }),
    );
  });

  test('from one that reboots again as soon as it begins', async () => {
    const inFirst = (name: string) => join(guests.get(FIRST)?.folder ?? '', 'rootfs', name);
    writeFileSync(inFirst('again'), '');
    await eventually(() => guests.get(FIRST)?.attach('/bin/busybox', 'true'));
    await guests
      .get(FIRST)
      ?.attach('/bin/busybox', 'reboot', '-f')
      .catch(() => undefined);
    await eventually(() => expect(existsSync(inFirst('has-rebooted'))).toBe(true));
    await isWhole();
    await eventually(async () =>
      expect((await scene.agent.guest(FIRST)).life).toMatchObject({ crashes: 0, end: { why: 'rebooted' } }),
    );
    const told = (await scene.agent.events()).filter(({ guest }) => guest === FIRST).map(({ says }) => says);
    expect(told.filter((says) => says.startsWith('W_ENDED '))).toEqual([]);
  });

  test('with the host that died while it ran, told as unclean, a few at a time', async () => {
    const inits = await Promise.all(NAMES.map(pidOf));
    const all = [...inits.map(parentOf), ...inits];
    await scene.agent.end('SIGKILL');
    spawnSync('kill', ['-KILL', ...all.map(String)]); // nobody is there to clear anything away; some may end with another one
    await eventually(() => expect(all.filter(isAlive)).toEqual([]));
    removeCgroups();
    for (const name of readdirSync(scene.agent.runFolder))
      rmSync(join(scene.agent.runFolder, name), { recursive: true });
    for (const name of NAMES) rmSync(readyFile(name));
    writeFileSync(join(folder, 'boot_id'), `${crypto.randomUUID()}\n`);
    execFileSync('mount', ['--bind', join(folder, 'boot_id'), BOOT_ID]);
    hasOtherBoot = true;

    await scene.agent.start();
    const ready = new Set<string>();
    while (ready.size < NAMES.length) {
      const left = Math.min(AT_ONCE, NAMES.length - ready.size);
      const begun = await eventually(async () => {
        const now = (await running()).filter((name) => !ready.has(name));
        expect(now).toHaveLength(left);
        return now;
      });
      const [next = ''] = begun;
      writeFileSync(readyFile(next), '');
      ready.add(next);
    }
    await isWhole();
    for (const name of NAMES)
      expect((await scene.agent.guest(name)).life).toMatchObject({ crashes: 0, isUnclean: true, end: { why: 'host' } });
    const told = (await scene.agent.events()).filter(({ says }) => says.startsWith('W_UNCLEAN '));
    expect(told.map(({ guest }) => guest).sort()).toEqual(NAMES);
  });
});

/** It has an interface, and reboots at its start where somebody has left word of that. */
function furnish(folder: string): void {
  writeFileSync(join(folder, 'rootfs/etc/inittab'), '::sysinit:/bin/sh /etc/at-boot\n');
  writeFileSync(join(folder, 'rootfs/etc/at-boot'), AT_BOOT);
  const config = join(folder, 'config');
  const text = readFileSync(config, 'utf8');
  writeFileSync(config, text.replace('lxc.net.0.type = empty', `lxc.net.0.type = veth\nlxc.net.0.veth.pair = ${VETH}`));
}

function removeCgroups(): void {
  const folders = NAMES.flatMap((name) => ['', '*/'].map((tree) => `/sys/fs/cgroup/${tree}lxc.*.${name}`)).join(' ');
  const script = `for one in ${folders}; do [ ! -d "$one" ] || find "$one" -depth -type d -exec rmdir {} +; done`;
  execFileSync('sh', ['-c', script]);
}
