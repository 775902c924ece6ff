import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../scenarios/eventually.ts';
import { guestView } from '../../scenarios/guest-view.ts';
import { createScene, type Scene } from '../../scenarios/scene.ts';
import { monitorIn } from '../../scenarios/udevadm.ts';
import {
  asRoot,
  bootedMachine,
  deviceAllow,
  initOf,
  intoMachine,
  makeNode,
  type NspawnGuest,
  opening,
  plainMachine,
  systemctl,
} from './nspawn-guest.ts';
import { startOwnUdevd } from './own-udevd.ts';
import { plugUsb, type UsbDevice, unplugAll, unplugUsb } from './usb.ts';

const log = (guest: string) =>
  `- rule: log\n  match: { subsystem: mem, sysname: kmsg }\n  guest: ${guest}\n  node: { path: /dev/log-of-host, mode: "0640", group: root }\n`;
const NODE = '/dev/log-of-host';
const usb = (guest: string) =>
  `- rule: usb\n  match: { subsystem: usb, devtype: usb_device, attr: { serial: ${ADAPTER.serial} } }\n  guest: ${guest}\n  node: { mode: "0640" }\n`;
const ADAPTER: UsbDevice = { id: 'adapter', driver: 'usb-serial', port: '1', serial: 'A4008T7W' };
/** The host's ports, which no guest has; the host itself may open them anywhere. */
const FOREIGN = '/dev/foreign';
const PORTS = [1, 4] as const;
const DENIED = 'Operation not permitted';

let scene: Scene;
let guest: NspawnGuest | undefined;
beforeEach(async () => {
  scene = await createScene({ rules: '' });
});
afterEach(async () => {
  await unplugAll([ADAPTER.id]);
  await scene.end();
  await guest?.destroy();
  guest = undefined;
});

/** The guest as the agent sees it once it runs and has its node. */
const served = (name: string) =>
  eventually(async () => {
    const seen = await scene.agent.guest(name);
    const because = `${JSON.stringify(seen)}\n${scene.agent.log()}`;
    expect(seen, because).toMatchObject({
      runtime: 'nspawn',
      state: 'running',
      converged: true,
      nodes: [{ path: NODE }],
    });
    return seen.instance?.pid ?? 0;
  });

/** A USB device comes and goes: it is heard of, found and opened inside, has these permissions, and leaves nothing. */
async function meetsAdapter(name: string, init: number, permissions: string, firstId = 0): Promise<void> {
  const groups = ['KERNEL', 'UDEV'];
  const monitor = await monitorIn(intoMachine(init), '--kernel', '--udev', '--subsystem-match=usb/usb_device');
  const heard = (action: string) =>
    monitor.messages().flatMap(([heading = '']) => new RegExp(`^(\\S+) ${action} .*/1-1 `).exec(heading)?.[1] ?? []);
  try {
    await plugUsb(ADAPTER);
    await eventually(() => expect(heard('add')).toEqual(groups));
    const node = await eventually(async () => {
      const { nodes, converged } = await scene.agent.guest(name);
      expect(converged).toBe(true);
      return nodes.find(({ path }) => path !== NODE)?.path ?? '';
    });
    const [, bus, device] = /(\d+)\/(\d+)$/.exec(node) ?? [];
    expect(await asRoot(init, 'lsusb', '-v', '-s', `${bus}:${device}`)).toMatch(/iSerial +\d+ A4008T7W/);
    await eventually(() => expect(guestView(init, firstId).node(node).split(' ').slice(1).join(' ')).toBe(permissions));
    await unplugUsb(ADAPTER);
    await eventually(() => expect(heard('remove')).toEqual(groups));
    await eventually(async () => expect(await opening(init, node)).toMatch('No such file'));
  } finally {
    await monitor.end();
  }
}

describe('a machine that systemd started and machined knows', () => {
  test('is heard of when it starts and ends, and keeps its device through reload and reexec', async () => {
    guest = bootedMachine('m1');
    const { unit } = guest;
    scene.agent.rules(log('m1') + usb('m1'));
    await eventually(async () => expect(await scene.agent.guest('m1')).toMatchObject({ state: 'stopped' }));
    await guest.start();
    const init = await served('m1');
    expect(guestView(init).node(NODE)).toBe('c:1:11 0640 0:0');
    expect(await opening(init, NODE)).toBe('ok');
    const granted = await deviceAllow(unit);
    expect(granted).toContain('DeviceAllow=/dev/char/1:11 rw');

    await meetsAdapter('m1', init, '0640 0:0');
    expect(await deviceAllow(unit)).toEqual(granted);
    await makeNode(init, FOREIGN, PORTS);
    for (const command of ['daemon-reload', 'daemon-reexec']) {
      await systemctl(command);
      expect([await opening(init, NODE), await opening(init, FOREIGN)]).toEqual(['ok', DENIED]);
      expect(await deviceAllow(unit)).toEqual(granted);
    }
    await eventually(async () =>
      expect((await scene.agent.status()).counters.systemd_reloads_total).toBeGreaterThanOrEqual(3),
    );
    await eventually(async () => expect((await scene.agent.guest('m1')).refusals).toEqual([]));

    for (const words of [['--runtime', unit], [unit]]) {
      await systemctl('set-property', ...words, 'DeviceAllow=');
      await eventually(async () => {
        expect([await opening(init, NODE), await opening(init, FOREIGN)]).toEqual(['ok', DENIED]);
        expect(await deviceAllow(unit)).toContain('DeviceAllow=/dev/char/1:11 rw');
      });
    }
    await systemctl('revert', unit);

    scene.agent.rules('');
    await eventually(async () => expect((await scene.agent.guest('m1')).nodes).toEqual([]));
    expect(await deviceAllow(unit)).toEqual(granted.filter((entry) => !entry.includes('1:11')));
    expect(guestView(init).names()).not.toContain('log-of-host');

    await guest.stop();
    await eventually(async () => expect(await scene.agent.guest('m1')).toMatchObject({ state: 'stopped' }));
  });

  test('has nothing of what it was given in the list of its unit while it is stopped, also when no agent saw its end', async () => {
    guest = bootedMachine('m2');
    const { unit } = guest;
    const own = await deviceAllow(unit);
    const given = [...own, 'DeviceAllow=/dev/char/1:11 rw'].sort();
    scene.agent.rules(log('m2'));
    await guest.start();
    await served('m2');
    expect(await deviceAllow(unit)).toEqual(given);
    await guest.stop();
    await eventually(async () => expect(await deviceAllow(unit)).toEqual(own));

    await guest.start();
    expect(await opening(await served('m2'), NODE)).toBe('ok');
    await scene.agent.end('SIGKILL');
    await guest.stop();
    expect(await deviceAllow(unit)).toEqual(given);
    await scene.agent.start();
    await eventually(async () => expect(await deviceAllow(unit)).toEqual(own));
  });
});

/** What the rule does not state is as the machine's own udevd makes it, where it has one. */
const TURNS = [
  { command: 'daemon-reload', ownUdevd: false, permissions: '0640 0:0' },
  { command: 'daemon-reexec', ownUdevd: true, permissions: '0640 101:6' },
];

describe('a machine that systemd started with users of its own', () => {
  test('keeps its device, and none besides, through reload and reexec, and has it again at its next start', async () => {
    const firstId = 400_000;
    guest = bootedMachine('m3', firstId);
    scene.agent.rules(log('m3') + usb('m3'));
    for (const { command, ownUdevd, permissions } of TURNS) {
      await guest.start();
      const init = await served('m3');
      if (ownUdevd)
        await startOwnUdevd((...words) => asRoot(init, ...words), 'OWNER="saned", GROUP="disk", MODE="0600"');
      expect(initOf(init)).toEqual(['systemd', firstId]);
      expect(guestView(init, firstId).node(NODE)).toBe('c:1:11 0640 0:0');
      await meetsAdapter('m3', init, permissions, firstId);
      await makeNode(init, FOREIGN, PORTS);
      await systemctl(command);
      expect([await opening(init, NODE), await opening(init, FOREIGN)]).toEqual(['ok', DENIED]);
      await guest.stop();
      await eventually(async () => expect(await scene.agent.guest('m3')).toMatchObject({ state: 'stopped' }));
    }
  });
});

describe('a machine with users of its own in a plain unit', () => {
  test('is found by what nspawn mounts into it, by this agent and by the next', async () => {
    guest = plainMachine('p1', 200_000);
    scene.agent.rules(log('p1'));
    await guest.start();
    const init = await served('p1');
    expect(guestView(init, 200_000).node(NODE)).toBe('c:1:11 0640 0:0');
    expect(await opening(init, NODE)).toBe('ok');
    await makeNode(init, FOREIGN, PORTS);
    await scene.agent.end('SIGKILL');
    for (const command of ['daemon-reload', 'daemon-reexec']) {
      await systemctl(command);
      expect([await opening(init, NODE), await opening(init, FOREIGN)]).toEqual(['ok', DENIED]);
    }
    await scene.agent.start();
    expect(await served('p1')).toBe(init);
    await guest.stop();
    await eventually(() => expect(scene.agent.guest('p1')).resolves.not.toHaveProperty('instance'));
  });

  test('whose name LXC uses too gets nothing, and that is said', async () => {
    guest = plainMachine('twin', 300_000);
    scene.agent.rules(log('twin'));
    await guest.start();
    await served('twin');
    scene.make('twin');
    await eventually(async () => {
      const { refusals, nodes } = await scene.agent.guest('twin');
      expect([refusals.map(({ code }) => code), nodes]).toEqual([['E_NAME_TWICE'], []]);
    });
    expect(await deviceAllow(guest.unit)).toEqual(['DeviceAllow=char-pts rw']);
  });
});
