import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { denyIn } from '../../kernel/device-program.ts';
import { devicesCgroup } from '../../scenarios/devices-cgroup.ts';
import { eventually } from '../../scenarios/eventually.ts';
import { createScene, type Scene, type SceneGuest } from '../../scenarios/scene.ts';
import { opening, systemctl } from './nspawn-guest.ts';

const run = promisify(execFile);
const RULES = `
- rule: log
  match: { subsystem: mem, sysname: kmsg }
  guest: tools
  node: { path: /dev/log-of-host }
`;

let scene: Scene;
afterEach(() => scene?.end());

interface Served {
  readonly guest: SceneGuest;
  readonly init: number;
  /** Runs a tool of LXC on the guest. */
  readonly lxc: (program: string, ...words: string[]) => Promise<unknown>;
}

async function served(): Promise<Served> {
  scene = await createScene({ rules: RULES });
  const guest = await scene.guest('tools');
  const init = await guest.initPid();
  await eventually(async () =>
    expect(await scene.agent.guest('tools')).toMatchObject({ converged: true, policy: 'confined', nodes: [{}] }),
  );
  const lxc = (program: string, ...words: string[]) =>
    run(program, ['-P', scene.agent.lxcPath, '-n', 'tools', ...words]);
  return { guest, init, lxc };
}

const repaired = async () => (await scene.agent.status()).counters.drift_repaired_total ?? 0;

const DENIED = 'Operation not permitted';
/** A USB bus, which no guest has; whoever is allowed to may open it. */
const FOREIGN = ['/dev/foreign', 'c', '189', '0'] as const;

async function keepsThroughReloads(init: number): Promise<void> {
  for (const command of ['daemon-reload', 'daemon-reexec']) {
    await systemctl(command);
    expect([await opening(init, '/dev/log-of-host'), await opening(init, FOREIGN[0])]).toEqual(['ok', DENIED]);
  }
}

test('what lxc-cgroup attaches beside our program is taken off at once, what it allowed stays, and no reload changes anything', async () => {
  const { guest, init, lxc } = await served();
  await guest.attach('mknod', ...FOREIGN);
  await guest.attach('mknod', '/dev/extra', 'c', '10', '237');
  expect(await opening(init, '/dev/extra')).toBe(DENIED);
  expect(await opening(init, '/dev/log-of-host')).toBe('ok');
  await keepsThroughReloads(init);

  await lxc('lxc-cgroup', 'devices.allow', 'c 10:237 rwm');
  await eventually(async () => expect(await opening(init, '/dev/log-of-host')).toBe('ok'));
  expect(await opening(init, '/dev/extra')).toBe('ok');
  expect(await opening(init, '/dev/zero')).toBe('ok');
  await eventually(async () => expect(await repaired()).toBe(1));
  await keepsThroughReloads(init);

  // LXC has lost its cgroup by then, and says so; nothing of ours changes.
  await expect(lxc('lxc-cgroup', 'devices.deny', 'c 10:237 rwm')).rejects.toThrow('Failed to assign');
  expect(await opening(init, '/dev/log-of-host')).toBe('ok');
  expect(await repaired()).toBe(1);
  await eventually(async () => expect((await scene.agent.guest('tools')).refusals).toEqual([]));
  const said = (await scene.agent.events()).map(({ says }) => says);
  expect(said).toContainEqual(expect.stringContaining('W_DRIFT tools'));
});

test('what lxc-cgroup takes away from the configuration stays away', async () => {
  const { init, lxc } = await served();
  expect(await opening(init, '/dev/full')).toBe('ok');
  await lxc('lxc-cgroup', 'devices.deny', 'c 1:7 rwm');
  await eventually(async () => expect(await repaired()).toBe(1));
  expect(await opening(init, '/dev/full')).toBe(DENIED);
  expect(await opening(init, '/dev/log-of-host')).toBe('ok');
});

test('a node that lxc-device adds can be opened beside ours', async () => {
  const { init, lxc } = await served();
  await run('modprobe', ['fuse']);
  await lxc('lxc-device', 'add', '/dev/fuse');
  await eventually(async () => expect(await opening(init, '/dev/log-of-host')).toBe('ok'));
  await eventually(async () => expect(await opening(init, '/dev/fuse')).toBe('ok'));
  await eventually(async () =>
    expect(await scene.agent.guest('tools')).toMatchObject({ policy: 'confined', converged: true }),
  );
});

const codes = async () => (await scene.agent.guest('tools')).refusals.map(({ code }) => code).sort();

test("somebody's program that nobody can read stays, the node that it denies goes, and comes back when it is gone", async () => {
  const { init } = await served();
  const denying = await denyIn(devicesCgroup(init), '1:11');
  await run('lxc-cgroup', ['--version']); // a tool has run: what is granted is tried again
  await eventually(async () => expect(await codes()).toEqual(['E_GRANT_REFUSED']));
  await eventually(async () => expect(await opening(init, '/dev/log-of-host')).toContain('No such file'));
  expect(await opening(init, '/dev/zero')).toBe('ok');
  await denying.end();
  await eventually(async () => expect([await opening(init, '/dev/log-of-host'), await codes()]).toEqual(['ok', []]));
});

const TWO_RULES = `${RULES}
- rule: loops
  match: { subsystem: misc, sysname: loop-control }
  guest: tools
`;

test("a program of somebody's that stands beside LXC's denies what it denies, all else is given, and who takes ours off has it again", async () => {
  scene = await createScene({ rules: '[]' });
  const guest = await scene.guest('tools');
  const init = await guest.initPid();
  const cgroup = devicesCgroup(init);
  await guest.attach('mknod', ...FOREIGN);
  const denying = await denyIn(cgroup, '1:11');
  scene.agent.rules(TWO_RULES);
  await eventually(async () => expect(await codes()).toEqual(['E_GRANT_REFUSED']));
  await eventually(async () => expect(await opening(init, '/dev/loop-control')).toBe('ok'));
  const all = () => Promise.all(['/dev/log-of-host', FOREIGN[0], '/dev/zero'].map((node) => opening(init, node)));
  await eventually(async () => expect(await all()).toEqual([expect.stringContaining('No such file'), DENIED, 'ok']));

  await run('lxc-cgroup', ['-P', scene.agent.lxcPath, '-n', 'tools', 'devices.allow', 'c 1:11 rwm']);
  await eventually(async () => expect(await repaired()).toBe(1));
  expect(await all()).toEqual([expect.stringContaining('No such file'), DENIED, 'ok']);
  expect(await opening(init, '/dev/loop-control')).toBe('ok');

  await denying.end();
  await eventually(async () => expect([await all(), await codes()]).toEqual([['ok', DENIED, 'ok'], []]));
  await detachAll(cgroup);
  await run('lxc-cgroup', ['--version']);
  const said = async () => (await scene.agent.events()).map(({ says }) => says);
  await eventually(async () => expect(await said()).toContainEqual(expect.stringContaining('W_PROGRAM_LOST tools')));
  await eventually(async () => expect(await all()).toEqual(['ok', DENIED, 'ok']));
});

test('who takes our program off without any tool of LXC is found out at the next of the looks of every minute', async () => {
  const { guest, init } = await served();
  await guest.attach('mknod', ...FOREIGN);
  await detachAll(devicesCgroup(init));
  expect(await opening(init, FOREIGN[0])).toBe('ok');
  await eventually(async () => expect(await opening(init, FOREIGN[0])).toBe(DENIED));
  expect(await opening(init, '/dev/log-of-host')).toBe('ok');
});

async function detachAll(cgroup: string): Promise<void> {
  const { stdout } = await run('bpftool', ['--json', 'cgroup', 'show', cgroup]);
  const attached: readonly { readonly id: number }[] = JSON.parse(stdout);
  expect(attached).toHaveLength(1);
  for (const { id } of attached) await run('bpftool', ['cgroup', 'detach', cgroup, 'device', 'id', `${id}`]);
}
