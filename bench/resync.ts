// How long a look at everything takes, and how it grows with devices and with guests; all of them real. As root: npm run bench:resync
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createLxcGuest, type LxcGuest } from '../src/cli/demo/lxc-guest.ts';
import { programs, type RunningAgent, startAgent } from '../src/main.ts';
import { eventually } from '../test/scenarios/eventually.ts';
import { plugLoop, unplugLoop } from '../test/scenarios/loop-number.ts';
import { onTestHost } from '../test/scenarios/namespace.ts';
import { startUdevd } from '../test/scenarios/udevd.ts';
import { figures } from './figures.ts';
import { inNamespaces } from './in-namespaces.ts';

const TIMES = Number(process.env.TIMES ?? 20);
const FIRST = 3000;
const RULES = 50;
const DEVICES_A_RULE = 10;
/** Two looks at everything are never closer together than a quarter of a second. */
const REST_MS = 400;
/** Devices and guests. */
const CASES = (process.env.CASES ?? '500x1 500x10 500x50 100x50 10x50').split(' ').map((one) => {
  const [devices = 0, guests = 0] = one.split('x').map(Number);
  return { devices, guests };
});

if (onTestHost) await bench();
else inNamespaces(import.meta.filename);

async function bench(): Promise<void> {
  const lxcPath = mkdtempSync(join(tmpdir(), 'hostler-bench-'));
  chmodSync(lxcPath, 0o755);
  const udevd = await startUdevd();
  const guests: LxcGuest[] = [];
  let plugged = 0;
  try {
    console.log(`${RULES} rules and ${RULES} that match nothing; milliseconds, ${TIMES} looks at everything each`);
    for (const { devices, guests: count } of CASES) {
      while (guests.length < count) guests.push(await startGuest(lxcPath, guests.length));
      plugged = await plugTo(plugged, devices);
      console.log(`${devices} devices, ${count} guests: ${await measure(lxcPath, devices, count)}`);
    }
  } finally {
    await Promise.all(guests.map((guest) => guest.destroy()));
    await plugTo(plugged, 0);
    await udevd.stop();
    rmSync(lxcPath, { recursive: true, force: true });
  }
}

async function measure(lxcPath: string, devices: number, guests: number): Promise<string> {
  const run = mkdtempSync('/run/hostler-');
  const config = join(lxcPath, 'etc');
  mkdirSync(join(config, 'rules'), { recursive: true });
  writeFileSync(join(config, 'hostler.yaml'), `lxcPath: ${lxcPath}\n`);
  writeFileSync(join(config, 'rules/bench.yaml'), rules(guests));
  const folders = { config, run, state: join(lxcPath, 'state') };
  const before = performance.now();
  const started = await startAgent({ ...folders, log: () => undefined });
  if (!started.ok) throw new Error(`the agent did not start: ${JSON.stringify(started)}`);
  const { agent } = started;
  await calm(agent, devices);
  const startMs = performance.now() - before;
  const looks: Look[] = [];
  while (looks.length < TIMES) {
    await pause(REST_MS);
    looks.push(await lookAtEverything(agent, guests, join(run, 'hook.sock')));
  }
  await agent.close();
  rmSync(run, { recursive: true, force: true });
  const { median, p99 } = figures(looks.map(({ ms }) => ms));
  const { median: cpu } = figures(looks.map(({ cpuMs }) => cpuMs));
  const took = `median ${median.toFixed(0)}, p99 ${p99.toFixed(0)}, of which ${cpu.toFixed(0)} the agent's own CPU`;
  return `${took}; from its start until all are there ${startMs.toFixed(0)}`;
}

/** From the call of the hook until a pass over every guest has ended; with what this process, which is the agent, was busy. */
interface Look {
  readonly ms: number;
  readonly cpuMs: number;
}

async function lookAtEverything({ control }: RunningAgent, guests: number, socket: string): Promise<Look> {
  const passes = () => control.status().counters.passes_total ?? 0;
  const before = passes();
  const start = performance.now();
  const busy = process.cpuUsage();
  const hook = spawn(programs.hook, [], { env: { HOSTLER_HOOK_SOCKET: socket }, stdio: 'ignore' });
  while (passes() < before + guests || !control.status().converged) await pause(1);
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(busy);
  if (hook.exitCode === null) await once(hook, 'exit');
  return { ms, cpuMs: (user + system) / 1000 };
}

async function calm({ control }: RunningAgent, nodes: number): Promise<void> {
  await eventually(() => {
    const status = control.status();
    if (!status.converged || status.nodes !== nodes) throw new Error(`${status.nodes} of ${nodes} nodes are there`);
  }, 60_000);
}

/** Each rule gives ten devices to one guest; one more waits for what never comes. */
function rules(guests: number): string {
  return Array.from({ length: RULES }, (_, rule) => {
    const decade = String(FIRST / DEVICES_A_RULE + rule);
    return `
- rule: disks-${rule}
  match: { subsystem: block, sysname: "loop${decade}?" }
  guest: bench-${rule % guests}
  node: { mode: "0660", owner: root, group: disk }
  take: all
- rule: scanner-${rule}
  match: { subsystem: usb, devtype: usb_device, attr: { idVendor: "04b8", serial: "${rule}" } }
  guest: bench-${rule % guests}
`;
  }).join('');
}

async function startGuest(lxcPath: string, number: number): Promise<LxcGuest> {
  const guest = createLxcGuest({ name: `bench-${number}`, lxcPath });
  await guest.start();
  return guest;
}

/** So many devices, spread over the rules as evenly as they can be. */
async function plugTo(from: number, to: number): Promise<number> {
  for (let at = from; at < to; at += 1) plugLoop(numberOf(at));
  for (let at = from - 1; at >= to; at -= 1) unplugLoop(numberOf(at));
  return to;
}

function numberOf(device: number): number {
  return FIRST + (device % RULES) * DEVICES_A_RULE + Math.floor(device / RULES);
}
