import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { eventually } from '../../scenarios/eventually.ts';
import { createScene, type Scene, type SceneGuest } from '../../scenarios/scene.ts';
import { opening } from './nspawn-guest.ts';

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

test('what lxc-cgroup attaches beside our program is taken off at once, and what it allowed or denied stays', async () => {
  const { guest, init, lxc } = await served();
  await guest.attach('mknod', '/dev/extra', 'c', '10', '237');
  expect(await opening(init, '/dev/extra')).toBe('Operation not permitted');
  expect(await opening(init, '/dev/log-of-host')).toBe('ok');

  await lxc('lxc-cgroup', 'devices.allow', 'c 10:237 rwm');
  const asked = performance.now();
  await eventually(async () => expect(await opening(init, '/dev/log-of-host')).toBe('ok'));
  expect(performance.now() - asked).toBeLessThan(10_000); // a second where nothing is emulated
  expect(await opening(init, '/dev/extra')).toBe('ok');
  expect(await opening(init, '/dev/zero')).toBe('ok');
  expect(await repaired()).toBe(1);

  await lxc('lxc-cgroup', 'devices.deny', 'c 10:237 rwm');
  await eventually(async () => expect(await repaired()).toBe(2));
  expect(await opening(init, '/dev/extra')).toBe('Operation not permitted');
  expect(await opening(init, '/dev/log-of-host')).toBe('ok');
  expect((await scene.agent.guest('tools')).refusals).toEqual([]);
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

test('a fight has an end, and is told', async () => {
  const { lxc } = await served();
  for (let time = 0; time < 22; time += 1) {
    await lxc('lxc-cgroup', 'devices.allow', `c 10:${100 + time} r`);
    await eventually(async () => {
      const { policy, refusals } = await scene.agent.guest('tools');
      expect([policy === 'confined' && (await repaired()) > Math.min(time, 19), refusals.length > 0]).toContain(true);
    });
  }
  const { refusals } = await scene.agent.guest('tools');
  expect(refusals.map(({ code }) => code)).toEqual(['E_DRIFT']);
  expect(await repaired()).toBe(20);
});
