import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../scenarios/eventually.ts';
import { createScene, type Scene, type SceneGuest } from '../../scenarios/scene.ts';

const RULES = `
- rule: tunnel
  match: { name: net/tun }
  guest: [plain, shifted]
- rule: filesystems
  match: { name: fuse }
  guest: [plain, shifted]
  node: { mode: "0660", group: disk }
`;
const NODES = ['/dev/net/tun', '/dev/fuse'];
/** What has fuse open on the host: systemd mounts the second when it hears that the module is there. */
const USERS = ['lxcfs.service', 'sys-fs-fuse-connections.mount'];

describe('Static devices: tun and fuse', () => {
  let scene: Scene;
  let guests: readonly SceneGuest[];

  beforeAll(async () => {
    execFileSync('systemctl', ['mask', '--quiet', '--runtime', '--now', ...USERS]);
    await eventually(unload);
    makeStatic();
    scene = await createScene({ rules: RULES });
    guests = [await scene.guest('plain'), await scene.guest('shifted', { firstId: 100_000 })];
  });
  afterAll(async () => {
    try {
      await scene?.end();
    } finally {
      execFileSync('systemctl', ['unmask', '--quiet', '--runtime', ...USERS]);
      execFileSync('systemctl', ['start', ...USERS]);
    }
  });

  const hostNodes = () =>
    NODES.map((path) => {
      const { mode, uid, gid, rdev } = lstatSync(path);
      return { path, mode, uid, gid, rdev };
    });
  const isThere = async (guest: SceneGuest) => {
    const inside = await guest.inside();
    await eventually(() => expect(inside.names()).toEqual(['fuse', 'net/', 'net/tun']));
    await eventually(() => expect(inside.node('/dev/net/tun')).toBe('c:10:200 0666 0:0'));
    await eventually(() => expect(inside.node('/dev/fuse')).toBe('c:10:229 0660 0:6'));
  };
  const identities = () => Promise.all(guests.map(identity));
  const isKnown = (unloaded: true | undefined) =>
    eventually(async () => {
      const devices = (await scene.agent.devices()).filter(({ node }) => NODES.includes(node ?? ''));
      expect(devices.map((device) => device.unloaded)).toEqual([unloaded, unloaded]);
      expect((await scene.agent.status()).converged).toBe(true);
    });

  test('are there before their modules are loaded, while they are and after, also when a guest starts again', async () => {
    const host = hostNodes();
    for (const guest of guests) await isThere(guest);
    const first = await identities();

    for (const guest of guests)
      await guest.attach('sh', '-ec', `for path; do dd if="$path" count=0; done`, 'sh', ...NODES);
    expect(areLoaded()).toEqual([true, true]);
    await isKnown(undefined);
    expect(await identities()).toEqual(first);

    for (const guest of guests) {
      await guest.stop();
      await guest.start();
      await isThere(guest);
    }
    const second = await identities();
    expect(second).not.toEqual(first);
    await eventually(unload);
    await isKnown(true);
    expect(await identities()).toEqual(second);
    expect(hostNodes()).toEqual(host);
  });
});

/** A node that was taken away and made again is another one. */
async function identity(guest: SceneGuest) {
  const root = `/proc/${await guest.initPid()}/root`;
  return NODES.map((path) => {
    const { ino, dev, ctimeMs } = lstatSync(`${root}${path}`);
    return { path, ino, dev, ctimeMs };
  });
}

function unload(): void {
  execFileSync('modprobe', ['-r', '-a', 'tun', 'fuse']);
  expect(areLoaded()).toEqual([false, false]);
}

// A node that the kernel had made before systemd could went with its module. This is how each is found at boot.
function makeStatic(): void {
  execFileSync('systemd-tmpfiles', ['--create', '--boot', ...NODES.map((path) => `--prefix=${path}`)]);
  for (const path of NODES) chmodSync(path, 0o666);
}

function areLoaded(): readonly boolean[] {
  return ['tun', 'fuse'].map((name) => existsSync(`/sys/class/misc/${name}`));
}
