// Side by side in one run, in the test host, on a USB adapter that is really pulled out and plugged in again: npm run bench:vm
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createLxcGuest, type LxcGuest } from '../test/scenarios/lxc-guest.ts';
import { createTestAgent } from '../test/scenarios/test-agent.ts';
import { plugUsb, type UsbDevice, unplugAll, unplugUsb } from '../test/vm/inside/usb.ts';
import { type Lxd, startLxd } from './lxd.ts';
import { installRival } from './rival-script.ts';
import { printRatios, printRows, type Row, rowOf, udevUs } from './rows.ts';
import { compiled, type Sightings, type Stopwatch, startStopwatch } from './stopwatch.ts';

const TIMES = Number(process.env.TIMES ?? 30);
/** Who is not done by then has missed it. */
const MISSED_MS = 4000;
/** The adapter's other devices and what looks at them come to rest. */
const REST_MS = 500;
const LOOK_MS = 50;
const ADAPTER: UsbDevice = { id: 'bench', driver: 'usb-serial', port: '1', serial: 'BENCH' };
const GROUP = '107';

interface Kind {
  readonly title: string;
  /** Of its names below /dev. */
  readonly pattern: string;
  readonly folder: string;
  readonly rule: string;
  readonly udev: string;
  readonly lxd: readonly string[];
  readonly major: number;
}

const NODE: Kind = {
  title: 'USB node',
  pattern: 'bus/usb/*/*',
  folder: '/dev/bus/usb/001',
  rule: 'subsystem: usb, devtype: usb_device, attr: { idVendor: "0403" }',
  udev: 'SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ENV{PRODUCT}=="403/6001/*"',
  lxd: ['usb', 'vendorid=0403', 'productid=6001'],
  major: 189,
};
const LINE: Kind = {
  title: 'tty',
  pattern: 'ttyUSB*',
  folder: '/dev',
  rule: 'subsystem: tty, parent: { attr: { idVendor: "0403" } }',
  udev: 'SUBSYSTEM=="tty", KERNEL=="ttyUSB*"',
  lxd: ['unix-char', 'source=/dev/ttyUSB0', 'path=/dev/ttyUSB0', 'required=false'],
  major: 188,
};

const agent = createTestAgent();
const { lxcPath } = agent;
appendFileSync(join(agent.folder, 'etc/hostler.yaml'), 'damping: off\n'); // nobody plugs so often
const lxd = startLxd();
let missed = 0;
try {
  for (const kind of [NODE, LINE]) {
    const bare = await bareProcess(kind);
    const hostler = await withHostler(kind);
    const shifted = await withHostler(kind, 100_000);
    const script = await withScript(kind, udevUs(hostler));
    const rivals = [await withLxd(kind, lxd), script];
    missed += hostler.missed + shifted.missed;
    console.log(`\n${kind.title}, ${TIMES} replugs each`);
    printRows([bare, hostler, shifted, ...rivals]);
    printRatios(bare, [hostler, shifted]);
    printRatios(hostler, rivals);
  }
} finally {
  await unplugAll([ADAPTER.id]);
  await agent.destroy();
  lxd.stop();
}
process.exit(missed === 0 ? 0 : 1); // QEMU's monitor stays connected

async function withHostler(kind: Kind, firstId?: number): Promise<Row> {
  agent.rules(`
- rule: adapter
  match: { ${kind.rule} }
  guest: bench
  node: { mode: "0660", owner: root, group: scanner }
`);
  await agent.start();
  const who = firstId === undefined ? 'hostler' : 'hostler, unprivileged guest';
  const row = await withGuest(kind, firstId, async (_, watch) => rowOf(who, await replugs(watch)));
  await agent.end('SIGTERM'); // after the guest, which leaves nothing behind then
  return row;
}

async function bareProcess(kind: Kind): Promise<Row> {
  return withGuest(kind, undefined, async (guest, watch) => {
    const words = [`/proc/${await guest.initPid()}/root/dev`, kind.pattern, GROUP];
    const child: ChildProcess = spawn(compiled('bare'), words, { stdio: ['ignore', 'pipe', 'inherit'] });
    if (child.stdout !== null) await once(child.stdout, 'data');
    const row = rowOf('a bare process', await replugs(watch));
    child.kill('SIGTERM');
    return row;
  });
}

async function withScript(kind: Kind, udev: number): Promise<Row> {
  return withGuest(kind, undefined, async (_, watch) => {
    const { udev: match, pattern } = kind;
    const names = pattern.replace(/.*\//, '');
    const below = pattern.startsWith('bus/') ? '[0-9][0-9][0-9]' : names;
    const options = { rival: 'mknod', guest: 'bench', lxcPath, folder: agent.folder } as const;
    const remove = installRival({ ...options, match, type: 'c', names: below });
    const row = rowOf('RUN+= script', await replugs(watch), udev);
    remove();
    return row;
  });
}

async function withLxd({ title, lxd: device, pattern }: Kind, { guest, removeGuest }: Lxd): Promise<Row> {
  const model = createLxcGuest({ name: 'model', lxcPath });
  const watch = await startStopwatch(
    guest(join(lxcPath, 'model/rootfs'), { [title.replace(' ', '-')]: device }),
    pattern,
  );
  const row = rowOf(`LXD ${device[0]}`, await replugs(watch));
  await watch.stop();
  removeGuest();
  await model.destroy();
  return row;
}

/** The guest may use the devices by their major, for those who ask for no permission; and their folder is there. */
async function withGuest(
  { major, folder, pattern }: Kind,
  firstId: number | undefined,
  use: (guest: LxcGuest, watch: Stopwatch) => Promise<Row>,
): Promise<Row> {
  const guest = createLxcGuest({ name: 'bench', lxcPath, ...(firstId && { firstId }) });
  appendFileSync(join(lxcPath, 'bench/config'), `lxc.cgroup2.devices.allow = c ${major}:* rwm\n`);
  try {
    await guest.start();
    if (firstId === undefined) await guest.attach('mkdir', '-p', folder);
    const watch = await startStopwatch(await guest.initPid(), pattern);
    const row = await use(guest, watch);
    await watch.stop();
    return row;
  } finally {
    await guest.destroy();
  }
}

async function replugs(watch: Stopwatch): Promise<readonly Sightings[]> {
  for (let time = 1; time <= TIMES; time += 1) {
    const seen = (...events: readonly string[]) => {
      const plug = watch.plugs()[time - 1];
      return plug !== undefined && events.every((event) => plug.has(event));
    };
    await plugUsb(ADAPTER);
    await until(() => seen('udev-add', 'usable'));
    await pause(REST_MS);
    await unplugUsb(ADAPTER);
    await until(() => seen('udev-remove', 'gone'));
    await pause(REST_MS);
  }
  return watch.plugs();
}

// Whoever measures looks seldom: there are two processors.
async function until(isOver: () => boolean): Promise<void> {
  const end = performance.now() + MISSED_MS;
  while (!isOver() && performance.now() < end) await pause(LOOK_MS);
}
