// How long a look at everything takes, and how it grows with devices and with guests; all of them real. As root:
// npm run bench:resync [-- 50x1 500x10 ...], devices x guests. The kernel makes as many loop and zram devices as are asked for, so
// that none has to be pretended. In the test host, where everything is emulated, USB disks are among them: npm run bench:resync:vm
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { heedInterruption } from '../src/cli/demo/interruption.ts';
import { programs, type RunningAgent, startAgent } from '../src/main.ts';
import { createLxcGuest, type LxcGuest } from '../test/scenarios/lxc-guest.ts';
import { inMachine, onTestHost } from '../test/scenarios/namespace.ts';
import { startUdevd } from '../test/scenarios/udevd.ts';
import { createDisks } from './disks.ts';
import { type Figures, figures } from './figures.ts';
import { growth } from './growth.ts';
import { inNamespaces } from './in-namespaces.ts';
import { inTurns } from './in-turns.ts';

const TIMES = Number(process.env.TIMES ?? 20);
const RULES = 50;
/** Two looks at everything are never closer together than a quarter of a second. */
const REST_MS = 400;
const LOST_MS = 60_000;
const SIZES = process.argv.length > 2 ? process.argv.slice(2) : ['50x1', '150x1', '500x1', '500x10', '500x50'];

interface Size {
  readonly devices: number;
  readonly guests: number;
}

interface Measured extends Size {
  /** Of a look at everything, in milliseconds. */
  readonly took: Figures;
  /** The agent's own CPU in it. */
  readonly cpu: Figures;
  /** From the start of the agent until every node is there. */
  readonly startMs: number;
}

if (onTestHost) await bench(heedInterruption());
else await inNamespaces(import.meta.filename);

async function bench(interrupted: AbortSignal): Promise<void> {
  const lxcPath = mkdtempSync(join(tmpdir(), 'hostler-bench-'));
  chmodSync(lxcPath, 0o755);
  const udevd = inMachine ? undefined : await startUdevd();
  const guests: LxcGuest[] = [];
  const disks = createDisks();
  try {
    console.log(`${RULES} rules and ${RULES} that match nothing; ${TIMES} looks at everything each, in milliseconds`);
    const all: Measured[] = [];
    for (const size of SIZES.map(sizeOf)) {
      await startGuests(guests, size.guests, lxcPath, interrupted);
      await disks.plugTo(size.devices, interrupted);
      const measured = await measure(lxcPath, size, disks.names, interrupted);
      console.log(line(measured));
      all.push(measured);
    }
    printGrowth(all);
  } catch (error) {
    if (!interrupted.aborted) throw error;
    console.error(`bench: ${interrupted.reason.message}`);
    process.exitCode = 1;
  } finally {
    await inTurns(guests, (guest) => guest.destroy());
    await disks.unplugAll();
    await udevd?.stop();
    rmSync(lxcPath, { recursive: true, force: true });
  }
}

function sizeOf(text: string): Size {
  const [devices = 0, guests = 0] = text.split('x').map(Number);
  if (!(devices > 0 && guests > 0)) throw new Error(`${text}: devices x guests, such as 500x10`);
  return { devices, guests };
}

async function measure(
  lxcPath: string,
  size: Size,
  disks: readonly string[],
  interrupted: AbortSignal,
): Promise<Measured> {
  const run = mkdtempSync('/run/hostler-');
  const config = join(lxcPath, 'etc');
  mkdirSync(join(config, 'rules'), { recursive: true });
  writeFileSync(join(config, 'hostler.yaml'), `lxcPath: ${lxcPath}\n`);
  writeFileSync(join(config, 'rules/bench.yaml'), rules(size.guests, disks.slice(0, size.devices)));
  const before = performance.now();
  const started = await startAgent({ config, run, state: join(lxcPath, 'state'), log: () => undefined });
  if (!started.ok) throw new Error(`the agent did not start: ${JSON.stringify(started)}`);
  const { agent } = started;
  try {
    await calm(agent, size.devices, interrupted);
    const startMs = performance.now() - before;
    const looks: Look[] = [];
    while (looks.length < TIMES) {
      await pause(REST_MS);
      looks.push(await lookAtEverything(agent, size.guests, join(run, 'hook.sock'), interrupted));
    }
    const [took, cpu] = [figures(looks.map(({ ms }) => ms)), figures(looks.map(({ cpuMs }) => cpuMs))];
    return { ...size, took, cpu, startMs };
  } finally {
    await agent.close();
    rmSync(run, { recursive: true, force: true });
  }
}

/** From the call of the hook until a pass over every guest has ended; with what this process, which is the agent, was busy. */
interface Look {
  readonly ms: number;
  readonly cpuMs: number;
}

async function lookAtEverything(
  { control }: RunningAgent,
  guests: number,
  socket: string,
  interrupted: AbortSignal,
): Promise<Look> {
  const passes = () => control.status().counters.passes_total ?? 0;
  const before = passes();
  const start = performance.now();
  const busy = process.cpuUsage();
  const hook = spawn(programs.hook, [], { env: { HOSTLER_HOOK_SOCKET: socket }, stdio: 'ignore' });
  await until(() => passes() >= before + guests && control.status().converged, interrupted);
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(busy);
  if (hook.exitCode === null) await once(hook, 'exit');
  return { ms, cpuMs: (user + system) / 1000 };
}

async function calm({ control }: RunningAgent, nodes: number, interrupted: AbortSignal): Promise<void> {
  await until(() => control.status().converged && control.status().nodes === nodes, interrupted);
}

async function until(isOver: () => boolean, interrupted: AbortSignal): Promise<void> {
  for (const end = performance.now() + LOST_MS; !isOver(); await pause(1)) {
    interrupted.throwIfAborted();
    if (performance.now() > end) throw new Error(`not over after ${LOST_MS / 1000} s`);
  }
}

function line({ devices, guests, took, cpu, startMs }: Measured): string {
  const [median, p99, own, start] = [took.median, took.p99, cpu.median, startMs].map((ms) => ms.toFixed(0));
  const figure = `median ${median}, p99 ${p99}, of which ${own} the agent's own CPU`;
  return `${devices} devices, ${guests} guests: ${figure}; from its start until all are there ${start}`;
}

/** Along each of the two ways, the other number being the one that most sizes have: what the median and p99 grow with. */
function printGrowth(all: readonly Measured[]): void {
  const fewest = Math.min(...all.map(({ guests }) => guests));
  const most = Math.max(...all.map(({ devices }) => devices));
  const byDevices = all.filter(({ guests }) => guests === fewest);
  const byGuests = all.filter(({ devices }) => devices === most);
  console.log(`with devices, ${fewest} guests: ${powers(byDevices, ({ devices }) => devices)}`);
  console.log(`with guests, ${most} devices: ${powers(byGuests, ({ guests }) => guests)}`);
}

function powers(along: readonly Measured[], sizeIn: (one: Measured) => number): string {
  const power = (value: (one: Measured) => number) =>
    growth(along.map((one) => ({ size: sizeIn(one), value: value(one) })))?.toFixed(2) ?? 'unknown';
  const [median, p99] = [power(({ took }) => took.median), power(({ took }) => took.p99)];
  return `the median grows as their number to the power of ${median}, p99 of ${p99}`;
}

/** Each rule gives up to ten of the devices to one guest; one more waits for what never comes. */
function rules(guests: number, disks: readonly string[]): string {
  return Array.from({ length: RULES }, (_, rule) => {
    const own = disks.filter((_, at) => at % RULES === rule);
    return `
- rule: disks-${rule}
  match: { subsystem: block, sysname: [${own.length > 0 ? own.join(', ') : 'none'}] }
  guest: bench-${rule % guests}
  node: { mode: "0660", owner: root, group: disk }
  take: all
- rule: scanner-${rule}
  match: { subsystem: usb, devtype: usb_device, attr: { idVendor: "04b8", serial: "${rule}" } }
  guest: bench-${rule % guests}
`;
  }).join('');
}

async function startGuests(guests: LxcGuest[], count: number, lxcPath: string, interrupted: AbortSignal) {
  const made = Array.from({ length: Math.max(0, count - guests.length) }, (_, at) =>
    createLxcGuest({ name: `bench-${guests.length + at}`, lxcPath }),
  );
  guests.push(...made); // before they are started: also half a start is ended
  await inTurns(made, async (guest) => {
    interrupted.throwIfAborted();
    await guest.start();
  });
}
