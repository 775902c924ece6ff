import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const RULES = `
- rule: disk
  match: { subsystem: block, sysname: loop375 }
  guest: robust-open
  node: { mode: "0660", owner: root, group: root }
`;

/** LXC's own list is taken back by an empty one. */
const withoutPolicy = (folder: string) =>
  appendFileSync(join(folder, 'config'), 'lxc.cgroup.devices.allow =\nlxc.cgroup.devices.deny =\n');

describe.skipIf(!onTestHost)('a guest without a device policy', () => {
  let scene: Scene;
  let guest: SceneGuest;
  const warned = async () => (await scene.agent.guest('robust-open')).refusals.map(({ code }) => code);
  /** What it hears when it makes and opens a node, by its number. */
  const opens = async (number: string) => {
    const script = `rm -f /tmp/probe; mknod /tmp/probe ${number} && exec dd if=/tmp/probe of=/dev/null count=0 2>&1`;
    return guest.attach('sh', '-c', script).catch((failure) => String(failure.stdout || failure.stderr || failure));
  };
  const confine = (text: string) => {
    mkdirSync(join(scene.agent.folder, 'etc/guests'), { recursive: true });
    writeFileSync(join(scene.agent.folder, 'etc/guests/robust-open.yaml'), text);
  };

  beforeAll(async () => {
    scene = await createScene({ rules: RULES });
    guest = await scene.guest('robust-open', { furnish: withoutPolicy });
    plugLoop(375);
  });
  afterAll(async () => {
    await scene?.end();
    unplugLoop(375);
  });

  test('is warned about and never confined by surprise', async () => {
    const inside = await guest.inside();
    await eventually(() => expect(inside.node('/dev/loop375')).toBe('b:7:375 0660 0:0'));
    await eventually(async () => expect(await warned()).toEqual(['W_OPEN_POLICY']));
    expect((await scene.agent.guest('robust-open')).policy).toBe('open');
    expect(await opens('b 7 0')).not.toContain('not permitted');
    await eventually(async () => expect((await scene.agent.status()).converged).toBe(true));
  });

  test('is closed to the standard devices and its own when its file says so, while it runs', async () => {
    confine('guest: robust-open\nruntime: lxc\ndevices: confined\n');
    await eventually(async () => expect((await scene.agent.guest('robust-open')).policy).toBe('confined'));
    await eventually(async () => expect(await warned()).toEqual([]));
    await eventually(async () => expect(await opens('b 7 0')).toContain('Operation not permitted'));
    for (const path of ['/dev/null', '/dev/zero', '/dev/loop375'])
      await guest.attach('dd', `if=${path}`, 'of=/dev/null', 'count=0');
    await guest.attach('sh', '-c', 'echo > /dev/null');
    expect((await guest.inside()).blockGrants()).toEqual(['b 7:375 rw']);
  });

  test('stays closed when the agent is started again, and after its device has gone and come', async () => {
    await scene.agent.end('SIGKILL');
    unplugLoop(375);
    await scene.agent.start();
    const inside = await guest.inside();
    await eventually(() => expect(inside.names()).toEqual([]));
    expect(inside.blockGrants()).toEqual([]);
    plugLoop(375);
    await eventually(() => expect(inside.node('/dev/loop375')).toBe('b:7:375 0660 0:0'));
    expect(inside.blockGrants()).toEqual(['b 7:375 rw']);
    expect(await opens('b 7 0')).toContain('Operation not permitted');
  });

  test('is closed again at its next start', async () => {
    await guest.stop();
    await guest.start();
    const inside = await guest.inside();
    await eventually(() => expect(inside.names()).toEqual(['loop375']));
    await eventually(async () => expect(await opens('b 7 0')).toContain('Operation not permitted'));
  });
});
