// What a scrape costs, and how that grows with guests: their cgroups and processes are real, the rest of the host is in memory.
// As root: npm run bench:scrape
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { createMetricsServer } from '../src/control/metrics-server.ts';
import { guestCgroups } from '../src/linux/cgroups.ts';
import type { Channel } from '../src/linux/channel.ts';
import { systemClock } from '../src/linux/clock.ts';
import { devicesHierarchy, hostControllers } from '../src/linux/controllers.ts';
import type { AgentControl } from '../src/ports/agent.ts';
import { freePort } from '../test/contract/real-server.ts';
import { configOf } from '../test/fakes/configuration.ts';
import { Machine } from '../test/fakes/machine.ts';
import { portsOf, stage } from '../test/fakes/stage.ts';
import { figures } from './figures.ts';
import { residentMb } from './process.ts';

const CASES = (process.env.CASES ?? '10 100 1000').split(' ').map(Number);
const TIMES = Number(process.env.TIMES ?? 20);
const STALE_TIMES = Number(process.env.STALE_TIMES ?? 5);
/** What was read in the last five seconds is not read again. */
const STALE_MS = 5100;
const LIMITS = { 'memory.limit_in_bytes': '64M', 'memory.max': '64M', 'pids.max': '40' };

const controllers = hostControllers();
const mounts = new Set([
  devicesHierarchy(),
  ...['memory', 'cpu', 'cpuacct', 'pids'].flatMap((name) => controllers.mountOf(name) ?? []),
]);
const above = `/hostler-bench-${process.pid}`;

if (process.getuid?.() === 0) await bench();
else {
  console.error('bench: real cgroups take root: sudo npm run bench:scrape');
  process.exitCode = 77;
}

async function bench(): Promise<void> {
  console.log(`milliseconds; ${TIMES} scrapes of what is fresh, ${STALE_TIMES} of what is not`);
  for (const folder of mounts) mkdirSync(join(folder, above));
  const guests: RealGuest[] = [];
  try {
    for (const count of CASES) {
      while (guests.length < count) guests.push(startGuest(guests.length));
      console.log(`${String(count).padStart(5)} guests: ${await measure(guests)}`);
    }
  } finally {
    await Promise.all(guests.map(endGuest));
    for (const folder of mounts) rmdirSync(join(folder, above));
  }
}

interface RealGuest {
  readonly name: string;
  readonly cgroup: string;
  readonly init: ChildProcess;
}

function startGuest(number: number): RealGuest {
  const name = `guest${number}`;
  const cgroup = `${above}/${name}`;
  const init = spawn('sleep', ['infinity'], { stdio: 'ignore' });
  for (const mount of mounts) {
    mkdirSync(join(mount, cgroup));
    writeFileSync(join(mount, cgroup, 'cgroup.procs'), String(init.pid));
    for (const [file, value] of Object.entries(LIMITS)) limit(join(mount, cgroup, file), value);
  }
  return { name, cgroup, init };
}

function limit(path: string, value: string): void {
  try {
    readFileSync(path);
    writeFileSync(path, value);
  } catch {
    // of another controller, or another version of cgroups
  }
}

async function endGuest({ cgroup, init }: RealGuest): Promise<void> {
  await new Promise((resolve) => {
    init.once('exit', resolve);
    init.kill('SIGKILL');
  });
  for (const mount of mounts) rmdirSync(join(mount, cgroup));
}

async function measure(guests: readonly RealGuest[]): Promise<string> {
  const control = await startAgent(guests);
  const server = createMetricsServer(control.metrics);
  const at = { host: '127.0.0.1', port: await freePort() };
  const refusal = await server.listen(at);
  if (refusal !== undefined) throw new Error(refusal.detail);
  await scrape(at.port);
  const fresh: Scrape[] = [];
  while (fresh.length < TIMES) fresh.push(await timed(at.port));
  const stale: Scrape[] = [];
  while (stale.length < STALE_TIMES) {
    await pause(STALE_MS);
    stale.push(await timed(at.port));
  }
  await server.close();
  const bytes = (fresh[0]?.bytes ?? 0) / 1024;
  return `fresh ${text(fresh)}; to be read ${text(stale)}; ${bytes.toFixed(0)} KiB; ${residentMb(process.pid).toFixed(0)} MB resident`;
}

function text(scrapes: readonly Scrape[]): string {
  const { median, max } = figures(scrapes.map(({ ms }) => ms));
  const { median: cpu } = figures(scrapes.map(({ cpuMs }) => cpuMs));
  const stall = Math.max(...scrapes.map(({ stallMs }) => stallMs));
  return `${median.toFixed(1)} (most ${max.toFixed(1)}), CPU in all ${cpu.toFixed(1)}, nothing else for ${stall.toFixed(1)}`;
}

async function startAgent(guests: readonly RealGuest[]): Promise<AgentControl> {
  const machine = new Machine();
  machine.cgroupOf = (name) => `${above}/${name}`;
  for (const { name, init } of guests) Object.assign(machine.start(name).instance, { pid: init.pid });
  const cgroups = guestCgroups(silentChannel(), controllers, devicesHierarchy());
  const { agent } = stage(machine, configOf(), { ...portsOf(machine, configOf()), clock: systemClock, cgroups });
  await agent.start();
  return agent.control;
}

/** Nothing is written, and nothing is heard. */
function silentChannel(): Channel {
  return {
    request: async () => ({ ok: true, value: { words: [], rows: [] } }),
    requests: async () => [],
    pid: undefined,
    close: async () => {},
  };
}

interface Scrape {
  readonly ms: number;
  readonly bytes: number;
  /** With what is read on after the answer. */
  readonly cpuMs: number;
  /** For how long nothing else was done, at most. */
  readonly stallMs: number;
}

async function timed(port: number): Promise<Scrape> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const busy = process.cpuUsage();
  const start = performance.now();
  const bytes = await scrape(port);
  const ms = performance.now() - start;
  await idle();
  const { user, system } = process.cpuUsage(busy);
  delay.disable();
  return { ms, bytes, cpuMs: (user + system) / 1000, stallMs: delay.max / 1_000_000 };
}

/** Until this process has nothing to do. */
async function idle(): Promise<void> {
  for (let before = process.cpuUsage(); ; before = process.cpuUsage()) {
    await pause(50);
    const { user, system } = process.cpuUsage(before);
    if (user + system < 10_000) return;
  }
}

function scrape(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    socket.on('data', (part) => {
      bytes += part.length;
    });
    socket.on('error', reject).on('close', () => resolve(bytes));
  });
}
