import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ModulesFolder, modulesFolder } from '../kernel/modules-folder.ts';
import { eventually } from './eventually.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

/** As systemd makes it at boot from modules.devname; no driver of the kernel has the minor. */
const NODE = '/dev/hostler-static/tun';
const RULES = `
- rule: tunnel
  match: { name: hostler-static/tun }
  guest: static
- rule: tunnel-by-number
  match: { number: "c 10:77" }
  guest: static
  node: { path: /dev/net/tun, mode: "0660", group: dialout }
`;

describe.skipIf(!onTestHost).each([
  { kind: 'privileged', firstId: undefined },
  { kind: 'unprivileged', firstId: 100_000 },
])('a static node whose module is not loaded, in a $kind guest', ({ firstId }) => {
  let modules: ModulesFolder;
  let scene: Scene;
  let guest: SceneGuest;
  const hostNode = () => {
    const { mode, uid, gid, ctimeMs } = lstatSync(NODE);
    return { mode, uid, gid, ctimeMs };
  };
  const isThere = async () => {
    const inside = await guest.inside();
    await eventually(() => expect(inside.node(NODE)).toBe('c:10:77 0666 0:0'));
    await eventually(() => expect(inside.node('/dev/net/tun')).toBe('c:10:77 0660 0:20'));
  };

  beforeAll(async () => {
    modules = modulesFolder('tun hostler-static/tun c10:77\n');
    execFileSync('sh', ['-c', modules.mount]);
    mkdirSync('/dev/hostler-static');
    execFileSync('mknod', [NODE, 'c', '10', '77']);
    chmodSync(NODE, 0o666);
    scene = await createScene({ rules: RULES, ...(firstId && { firstId }) });
  });
  afterAll(async () => {
    await scene?.end();
    rmSync('/dev/hostler-static', { recursive: true, force: true });
    execFileSync('umount', ['-l', '/usr/lib']);
    modules.remove();
  });

  test('is there with the mode of the host, and again after each restart of the guest; the host keeps its own', async () => {
    const before = hostNode();
    guest = await scene.guest('static');
    await isThere();
    for (const _ of [1, 2]) {
      await guest.stop();
      await guest.start();
      await isThere();
    }
    expect(hostNode()).toEqual(before);
    await eventually(async () => expect((await scene.agent.status()).converged).toBe(true));
  });

  test('may be opened: the kernel asks for the module', async () => {
    const said = await guest.attach('dd', `if=${NODE}`, 'count=0').catch((failure) => String(failure.stderr));
    expect(said).toContain('No such device');
  });

  test('is shown, and explained', async () => {
    expect((await scene.agent.devices()).filter(({ unloaded }) => unloaded)).toMatchObject([
      { node: NODE, given: [{ path: NODE }, { path: '/dev/net/tun' }] },
    ]);
    expect((await scene.agent.why(NODE)).rules).toMatchObject([{ matched: true }, { matched: true }]);
  });
});
