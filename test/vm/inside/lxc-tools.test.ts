import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { denyIn } from '../../kernel/denying.ts';
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

test("somebody's program that nobody can read stays and is named, the node that it denies goes, and comes back when it is gone", async () => {
  const { init } = await served();
  const codes = async () => (await scene.agent.guest('tools')).refusals.map(({ code }) => code).sort();
  const denying = await denyIn(devicesCgroup(init), '1:11');
  await run('lxc-cgroup', ['--version']); // a tool has run: what is granted is tried again
  await eventually(async () => expect(await codes()).toEqual(['E_GRANT_REFUSED', 'E_PROGRAM_HELD']));
  await eventually(async () => expect(await opening(init, '/dev/log-of-host')).toContain('No such file'));
  expect(await opening(init, '/dev/zero')).toBe('ok');
  await denying.end();
  await eventually(async () => expect([await opening(init, '/dev/log-of-host'), await codes()]).toEqual(['ok', []]));
});
