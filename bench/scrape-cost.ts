import { connect } from 'node:net';
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
import type { Crowd } from './crowd.ts';
import { type Figures, figures } from './figures.ts';
import { residentMb } from './process.ts';

const TIMES = Number(process.env.TIMES ?? 20);
const STALE_TIMES = Number(process.env.STALE_TIMES ?? 2);
/** What was read in the last five seconds is not read again. */
const STALE_MS = 5100;

export interface ScrapeCost {
  /** Of what is fresh, and of what has to be read. */
  readonly freshMs: Figures;
  readonly staleMs: Figures;
  readonly text: string;
}

/** What a scrape of this crowd costs. */
export async function scrapeCost(crowd: Crowd, signal: AbortSignal): Promise<ScrapeCost> {
  const server = createMetricsServer(await startAgent(crowd));
  const at = { host: '127.0.0.1', port: await freePort() };
  const refusal = await server.listen(at);
  if (refusal !== undefined) throw new Error(refusal.detail);
  try {
    return costOf(await scrapes(at.port, signal));
  } finally {
    await server.close();
  }
}

interface Scrapes {
  readonly fresh: readonly Scrape[];
  readonly stale: readonly Scrape[];
}

async function scrapes(port: number, signal: AbortSignal): Promise<Scrapes> {
  await scrape(port);
  const fresh: Scrape[] = [];
  while (fresh.length < TIMES) fresh.push(await timed(port));
  const stale: Scrape[] = [];
  while (stale.length < STALE_TIMES) {
    await pause(STALE_MS, undefined, { signal });
    stale.push(await timed(port));
  }
  return { fresh, stale };
}

function costOf({ fresh, stale }: Scrapes): ScrapeCost {
  const bytes = (fresh[0]?.bytes ?? 0) / 1024;
  const resident = `${bytes.toFixed(0)} KiB; ${residentMb(process.pid).toFixed(0)} MB resident`;
  return {
    freshMs: figures(fresh.map(({ ms }) => ms)),
    staleMs: figures(stale.map(({ ms }) => ms)),
    text: `fresh ${text(fresh)}; to be read ${text(stale)}; ${resident}`,
  };
}

function text(scrapes: readonly Scrape[]): string {
  const { median, max } = figures(scrapes.map(({ ms }) => ms));
  const { median: cpu } = figures(scrapes.map(({ cpuMs }) => cpuMs));
  const stall = Math.max(...scrapes.map(({ stallMs }) => stallMs));
  return `${median.toFixed(1)} (most ${max.toFixed(1)}), CPU in all ${cpu.toFixed(1)}, nothing else for ${stall.toFixed(1)}`;
}

async function startAgent(crowd: Crowd): Promise<AgentControl> {
  const machine = new Machine();
  crowd.enter(machine);
  const cgroups = guestCgroups(silentChannel(), hostControllers(), devicesHierarchy());
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
