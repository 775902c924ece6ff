import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { openGuestShell } from './guest-shell.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';
import { type Monitor, toldGuest } from './udevadm.ts';

const RULES = `
- rule: told
  match: { subsystem: block, sysname: "loop60?" }
  guest: told
  links: [/dev/scanners/front]
- rule: quiet
  match: { subsystem: block, sysname: "loop61?" }
  guest: told
  tell: false
`;
const DEVPATH = '/devices/virtual/block/loop600';

describe.skipIf(!onTestHost).each([
  { kind: 'privileged', firstId: undefined, groups: ['UDEV'] },
  { kind: 'unprivileged', firstId: 100_000, groups: ['KERNEL', 'UDEV'] },
])("a guest's own udevadm, in a $kind guest", ({ firstId, groups }) => {
  let scene: Scene;
  let guest: SceneGuest;
  let monitor: Monitor;

  beforeAll(async () => {
    scene = await createScene({ rules: RULES });
    ({ guest, monitor } = await toldGuest(scene, { firstId }, '--subsystem-match=block/disk'));
  });
  afterAll(async () => {
    await monitor?.end();
    await scene?.end();
    // What a failed story left would be in the way of the next.
    for (const number of [600, 601, 602, 603, 604, 610, 620])
      if (existsSync(`/sys/block/loop${number}`)) unplugLoop(number);
  });

  /** The headings of what was heard of this device, the kernel's only where nobody but the agent can have sent it. */
  const heardOf = (name: string): readonly string[] =>
    monitor
      .messages()
      .map(([heading = '']) => heading)
      .filter((heading) => heading.includes(`/${name} `) && (firstId !== undefined || heading.startsWith('UDEV')));
  const data = async (): Promise<readonly string[]> => readdirSync(`/proc/${await guest.initPid()}/root/run/udev/data`);

  test('hears that a device comes, finds its node, its link and its properties, and hears that it goes', async () => {
    plugLoop(600);
    const added = groups.map((group) => `${group} add ${DEVPATH} (block)`);
    await eventually(() => expect(heardOf('loop600').slice(0, groups.length)).toEqual(added));
    // Its heading may have come, and the rest not yet.
    const message = await eventually(() => {
      const found = monitor.messages().find(([heading]) => heading === `UDEV add ${DEVPATH} (block)`);
      expect(found).toEqual(
        expect.arrayContaining(['DEVNAME=/dev/loop600', 'DEVTYPE=disk', 'MINOR=600', 'DEVLINKS=/dev/scanners/front']),
      );
      return found;
    });
    expect(message?.join(' ')).not.toMatch(/systemd|by-diskseq/);
    const info = await guest.attach('/usr/bin/udevadm', 'info', '--name=/dev/loop600');
    expect(info).toMatch(/E: DEVLINKS=\/dev\/scanners\/front\n/);
    expect(info).toMatch(/E: USEC_INITIALIZED=\d+\n/);
    unplugLoop(600);
    await eventually(() => expect(heardOf('loop600').at(-1)).toBe(`UDEV remove ${DEVPATH} (block)`));
    await eventually(async () => expect(await data()).toEqual([]));
  });

  test('hears nothing of a device that it has not, nor of one whose rule keeps quiet', async () => {
    const inside = await guest.inside();
    plugLoop(610);
    plugLoop(620);
    await eventually(() => expect(inside.names()).toContain('loop610'));
    plugLoop(601);
    await eventually(() => expect(heardOf('loop601')).toContain('UDEV add /devices/virtual/block/loop601 (block)'));
    expect([...heardOf('loop610'), ...heardOf('loop620')]).toEqual([]);
    for (const number of [601, 610, 620]) unplugLoop(number);
    await eventually(async () => expect(await data()).toEqual([]));
  });

  test('hears of an end that came while no agent ran', async () => {
    plugLoop(602);
    await eventually(() => expect(heardOf('loop602')).toContain('UDEV add /devices/virtual/block/loop602 (block)'));
    await scene.agent.end('SIGKILL');
    unplugLoop(602);
    await scene.agent.start();
    await eventually(() =>
      expect(heardOf('loop602').at(-1)).toBe('UDEV remove /devices/virtual/block/loop602 (block)'),
    );
    expect(heardOf('loop602').filter((heading) => heading.startsWith('UDEV add'))).toHaveLength(1);
    await eventually(async () => expect(await data()).toEqual([]));
  });

  test('hears again of what something was mounted over, as an init does that begins', async () => {
    const shell = await openGuestShell(scene.agent.lxcPath, 'told');
    plugLoop(604);
    await eventually(() => expect(heardOf('loop604')).toContain('UDEV add /devices/virtual/block/loop604 (block)'));
    await shell.run('mount -t tmpfs run /run');
    await eventually(async () => expect(await data()).toEqual(['b7:604']));
    await eventually(() => guest.attach('test', '-e', '/run/udev/control'));
    await shell.run('umount /run');
    unplugLoop(604);
    await eventually(async () => expect(await data()).toEqual([]));
    await shell.end();
  });

  test('that its root leads astray costs it what it would have heard, and no device', async () => {
    const shell = await openGuestShell(scene.agent.lxcPath, 'told');
    const inside = await guest.inside();
    await shell.run('mv /run/udev /run/kept && ln -s /etc /run/udev');
    plugLoop(603);
    await eventually(() => expect(inside.names()).toContain('loop603'));
    await eventually(async () =>
      expect((await scene.agent.guest('told')).refusals).toMatchObject([{ code: 'W_UNTOLD', subject: 'told' }]),
    );
    expect(heardOf('loop603')).toEqual([]);
    await shell.run('rm /run/udev && mv /run/kept /run/udev');
    await eventually(() => expect(heardOf('loop603')).toContain('UDEV add /devices/virtual/block/loop603 (block)'));
    await eventually(async () => expect((await scene.agent.guest('told')).refusals).toEqual([]));
    unplugLoop(603);
    await eventually(() => expect(inside.names()).toEqual([]));
    await shell.end();
  });
});
