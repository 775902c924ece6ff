import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readValue } from '../../../src/linux/atomic-file.ts';
import { eventually } from '../../scenarios/eventually.ts';
import { createScene, type Scene, type SceneGuest } from '../../scenarios/scene.ts';
import { createGadget, type Gadget } from './gadget.ts';
import { grantsOf } from './grants.ts';
import { attribute, usbNode } from './sysfs.ts';
import { plugUsb, type UsbDevice, unplugAll, unplugUsb } from './usb.ts';

const DEVICES = 5;
const TURNS = 5;
const ROUNDS_A_TURN = 8;
const KILLS_A_TURN = 4;
const REPLUGS = DEVICES * TURNS * ROUNDS_A_TURN;
const KILLS = TURNS * KILLS_A_TURN;
/** All devices of a plug are given in about this time. */
const WORK_MS = 500;
const FIRST_PORT = 5;
const FIRST_GADGET_BUS = 3;
const FIRST_PRODUCT = 0x2220;

const NUMBERS = Array.from({ length: DEVICES }, (_, at) => at);
const GUESTS = ['plain', 'shifted'] as const;
/** Adapters are QEMU's and on a hub each, as one hub sees to its ports one by one; scanners are the kernel's own. */
const KINDS = ['adapter', 'scanner'] as const;
type Kind = (typeof KINDS)[number];
const LIKENESS: Readonly<Record<Kind, (at: number) => readonly [attribute: string, value: string]>> = {
  adapter: (at) => ['serial', `ENDURANCE-${at}`],
  scanner: (at) => ['idProduct', (FIRST_PRODUCT + at).toString(16)],
};
const SYSFS_NAME: Readonly<Record<Kind, (at: number) => string>> = {
  adapter: (at) => `1-${FIRST_PORT + at}.1`,
  scanner: (at) => `${FIRST_GADGET_BUS + at}-1`,
};
const ALL = KINDS.flatMap((kind) =>
  NUMBERS.map((at) => ({
    name: `${kind}${at}`,
    guest: GUESTS[at % GUESTS.length],
    likeness: LIKENESS[kind](at),
    folder: `/sys/bus/usb/devices/${SYSFS_NAME[kind](at)}`,
  })),
);
/** Each of them has a node, a link and a folder of its own. */
const RULES = ALL.map(
  ({ name, guest, likeness: [attribute, value] }) => `
- rule: ${name}
  match: { subsystem: usb, devtype: usb_device, attr: { ${attribute}: "${value}" } }
  guest: ${guest}
  node: { mode: "0640", owner: saned, group: scanner }
  links: [/dev/${name}/front]
`,
).join('');
const hubs = NUMBERS.map(
  (at): UsbDevice => ({ id: `endurance-hub${at}`, driver: 'usb-hub', port: String(FIRST_PORT + at) }),
);
const adapters = NUMBERS.map(
  (at): UsbDevice => ({
    id: `endurance${at}`,
    driver: 'usb-serial',
    port: `${FIRST_PORT + at}.1`,
    serial: `ENDURANCE-${at}`,
  }),
);

describe('for a long time', () => {
  let scene: Scene;
  let guests: readonly SceneGuest[];
  let scanners: readonly Gadget[] = [];

  beforeAll(async () => {
    scene = await createScene({ rules: RULES, settings: 'damping: off' });
    guests = [await scene.guest('plain'), await scene.guest('shifted', { firstId: 100_000 })];
    scanners = NUMBERS.map((at) =>
      createGadget({
        name: `endurance${at}`,
        vendor: 0x04a9,
        product: FIRST_PRODUCT + at,
        functions: ['SourceSink'],
      }),
    );
    for (const hub of hubs) await plugUsb(hub);
  });
  afterAll(async () => {
    for (const scanner of scanners) scanner.destroy();
    await unplugAll([...adapters, ...hubs].map(({ id }) => id));
    await scene?.end();
  });

  /** Resolves when the kernel has them, or has them no more: whoever else wants to know is not waited for. */
  const plug = async () => {
    for (const [slot, scanner] of scanners.entries()) scanner.plug(slot);
    await Promise.all(adapters.map(plugUsb));
    await eventually(() => expect(ALL.filter(({ folder }) => !isThere(folder))).toEqual([]));
  };
  const unplug = async () => {
    for (const scanner of scanners) scanner.unplug();
    await Promise.all(adapters.map(unplugUsb));
    await eventually(() => expect(ALL.filter(({ folder }) => isThere(folder))).toEqual([]));
  };

  const replug = async (disturb?: () => Promise<void>) => {
    await Promise.all([plug(), disturb?.()]);
    await unplug();
  };

  /** All devices are in their guests under the numbers that they have now, and nothing else is. */
  const isRight = async () => {
    for (const guest of guests) {
      const inside = await guest.inside();
      const wanted = ALL.filter((device) => device.guest === guest.name).map(({ name, folder, likeness }) => {
        expect(attribute(folder, likeness[0])).toBe(likeness[1]);
        return { link: `/dev/${name}/front`, node: usbNode(folder), number: attribute(folder, 'dev') };
      });
      await eventually(() => {
        const found = wanted.map(({ link }) => ({
          link,
          node: inside.link(link),
          number: inside.node(inside.link(link)),
        }));
        expect(found).toEqual(wanted.map((one) => ({ ...one, number: `c:${one.number} 0640 106:107` })));
        expect(inside.names().filter((entry) => !entry.endsWith('/'))).toHaveLength(2 * wanted.length);
      });
      const grants = wanted.map(({ number }) => `c ${number} rw`).sort();
      await eventually(() => expect(grantsOf(guest.name)).toEqual(grants));
    }
  };

  /** All that a replug could leave different: the guests themselves, their /dev, and who works for them. */
  const everything = () =>
    Promise.all(
      guests.map(async (guest) => {
        const init = await guest.initPid();
        return { init, entries: entriesBelow(`/proc/${init}/root/dev`), mounts: mountsOf(init) };
      }),
    );
  const isAtRest = async () => {
    for (const name of GUESTS) {
      await eventually(async () => expect(await scene.agent.guest(name)).toMatchObject({ converged: true, nodes: [] }));
      await eventually(() => expect(grantsOf(name)).toEqual([]));
      const ledger = join(scene.agent.runFolder, `guests/${name}.json`);
      const nothing = { nodes: [], links: [], folders: [], grants: [], released: [] };
      await eventually(() => expect(readValue(ledger).value).toMatchObject(nothing));
    }
    await eventually(() => expect(executors()).toHaveLength(1 + GUESTS.length)); // itself, and a worker for each
    expect(await scene.agent.status()).toMatchObject({ warnings: [], udev: 'running' });
  };

  /** The first time when it begins to work, then in its start, ever later. */
  const killTheAgent = async (turn: number) => {
    await scene.agent.end('SIGKILL');
    for (let time = 1; time < KILLS_A_TURN - 1; time += 1) {
      const started = scene.agent.start().catch(() => undefined); // killed before it was over
      await pause((turn * KILLS_A_TURN + time) * 100);
      await scene.agent.end('SIGKILL');
      await started;
    }
    await scene.agent.start();
  };

  /** In the middle of its work, of which some is done and some is not: answers how many nodes it has made. */
  const killTheAgentAtWork = async () => {
    const views = await Promise.all(guests.map((guest) => guest.inside()));
    const made = () =>
      views.flatMap((view) => view.names().filter((name) => name.startsWith('bus/usb/') && !name.endsWith('/')));
    await eventually(() => expect(made()).not.toEqual([]));
    await pause(Math.random() * WORK_MS);
    await scene.agent.end('SIGKILL');
    const { length } = made();
    await scene.agent.start();
    return length;
  };

  test(`${REPLUGS} replugs of USB devices and ${REPLUGS} of gadgets, while udevd is killed, started again, stopped and absent and the agent is killed ${KILLS} times: guests have exactly their devices after each turn, and nothing afterwards`, async () => {
    await isAtRest();
    const atRest = await everything();
    await plug();
    await isRight();
    const madeAtKills: number[] = [];
    for (let turn = 0; turn < TURNS; turn += 1) {
      const restarted = killTheAgent(turn); // all devices are in their guests
      try {
        await unplug();
        await replug(disturbUdevd[turn % disturbUdevd.length]);
        await withoutUdevd(replug);
        for (let round = 3; round < ROUNDS_A_TURN; round += 1) await replug();
      } finally {
        await restarted;
      }
      const [made] = await Promise.all([killTheAgentAtWork(), plug()]);
      madeAtKills.push(made);
      await isRight();
    }
    await unplug();
    await isAtRest();
    await eventually(async () => expect(await everything()).toEqual(atRest));
    expect(Math.min(...madeAtKills), `nodes at kills: ${madeAtKills}`).toBeLessThan(ALL.length);
    expect(scene.agent.log()).not.toMatch(/\bE_[A-Z]/);
  });
});

const disturbUdevd: readonly (() => Promise<void>)[] = [
  async () => systemctl('kill', '--signal=SIGKILL', '--kill-who=main'),
  async () => systemctl('restart'),
  async () => {
    systemctl('kill', '--signal=SIGSTOP', '--kill-who=main');
    await pause(1000);
    systemctl('kill', '--signal=SIGCONT', '--kill-who=main');
  },
];

/** Neither it nor what would start it. */
async function withoutUdevd(act: () => Promise<void>): Promise<void> {
  const units = ['systemd-udevd-control.socket', 'systemd-udevd-kernel.socket'];
  systemctl('stop', ...units);
  try {
    await act();
  } finally {
    systemctl('start', ...units);
  }
}

function systemctl(verb: string, ...words: readonly string[]): void {
  execFileSync('systemctl', [verb, ...words, 'systemd-udevd.service']);
}

/** The processes of executors, whosever they are. */
function executors(): readonly number[] {
  const list = execFileSync('pgrep', ['-x', 'hostler-executo'], { encoding: 'utf8' });
  return list.trim().split('\n').map(Number);
}

function isThere(folder: string): boolean {
  return existsSync(join(folder, 'dev'));
}

function mountsOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trimEnd().split('\n');
}

/** Name, kind and permissions, owner, number and target of everything in a folder. */
function entriesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      const { mode, uid, gid, rdev } = lstatSync(path);
      const target = entry.isSymbolicLink() ? readlinkSync(path) : '';
      const line = `${path} ${mode.toString(8)} ${uid}:${gid} ${rdev} ${target}`;
      return [line, ...(entry.isDirectory() ? entriesBelow(path) : [])];
    })
    .sort();
}
