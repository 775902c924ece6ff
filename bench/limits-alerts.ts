import { setTimeout as pause } from 'node:timers/promises';
import { hostControllers } from '../src/linux/controllers.ts';
import { type AlertServer, alertServer } from '../test/contract/alert-server.ts';
import { eventually } from '../test/scenarios/eventually.ts';
import { createScene, type Scene } from '../test/scenarios/scene.ts';
import type { Contained } from './contained.ts';
import { figures } from './figures.ts';
import { inTurns } from './in-turns.ts';
import { limitedGuest } from './limited.ts';
import { atMost, exactly, type Verdict } from './verdicts.ts';

const KILLS = Number(process.env.KILLS ?? 40);
const REST_MS = 200;
const THROTTLES = Number(process.env.THROTTLES ?? 3);
/** Long enough for an alert that nobody should have. */
const QUIET_MS = 10_000;
const COUNTER = hostControllers().hierarchy === 'v1' ? 'memory.oom_control' : 'memory.events';
const POLICIES = {
  small: 'guests: "small-*"\nmemory: { rss: { limit: 64MiB } }\n',
  slow: `guests: "slow-*"\ncpu: { bucket: { rate: 1, interval: 5, size: 400 } }\nalerts: { cpu: { raise: 90%, for: 1ms } }\n`,
  wide: `guests: wide\ncpu: { bucket: { rate: 4, interval: 1, size: 4000 } }\nalerts: { cpu: { raise: 90%, for: 1ms } }\n`,
};

/** From what the kernel counts until a webhook has the alert. */
export async function benchAlerts(signal: AbortSignal): Promise<readonly Verdict[]> {
  const server = await alertServer();
  const scene = await createScene({ rules: '[]', settings: `alerts: { sinks: [{ webhook: "${server.url}" }] }` });
  const loads: Contained[] = [];
  try {
    for (const [name, yaml] of Object.entries(POLICIES)) scene.agent.policy(name, yaml);
    const kills = await killed(scene, server, loads, signal);
    const throttles = await throttled(scene, server, loads, signal);
    const falseAlarms = await contended(scene, server, loads, signal);
    return [
      atMost(`from a kill to its alert, p95 of ${KILLS}`, 100, p95(kills), 'ms'),
      atMost(`from a load that is held back to its alert, longest of ${THROTTLES}`, 2.1, Math.max(...throttles), 's'),
      exactly('alerts of a guest that only shares the processors with others', 0, falseAlarms, 'alerts'),
    ];
  } finally {
    for (const load of loads) await load.calm();
    await scene.end();
    await server.close();
  }
}

/** One after the other, each in a guest of its own: a second kill of a guest is the same alert. */
async function killed(
  scene: Scene,
  server: AlertServer,
  loads: Contained[],
  signal: AbortSignal,
): Promise<readonly number[]> {
  const guests: Contained[] = [];
  const names = Array.from({ length: KILLS }, (_, at) => `small-${at}`);
  await inTurns(names, async (name) => {
    signal.throwIfAborted();
    guests.push(await limitedGuest(scene, name));
  });
  loads.push(...guests);
  const times: number[] = [];
  for (const guest of guests) {
    await pause(REST_MS, undefined, { signal });
    const before = kills(guest);
    guest.run(HOG, `${128 * 2 ** 20}`);
    const at = await eventually(() => {
      if (kills(guest) === before) throw new Error(`nothing was killed in ${guest.name}`);
      return performance.now();
    });
    times.push((await alertOf(server, guest.name)) - at);
  }
  const { median, max } = figures(times);
  console.log(
    `from a kill to its alert: median ${median.toFixed(1)} ms, p95 ${p95(times).toFixed(1)}, longest ${max.toFixed(1)}`,
  );
  return times;
}

const HOG = new URL('../native/build/fixtures/hog', import.meta.url).pathname;

function kills(guest: Contained): number {
  return Number(/^oom_kill (\d+)/m.exec(guest.holds(COUNTER))?.[1] ?? 0);
}

/** A guest that wants more than a fifth of a processor from one moment to the next. */
async function throttled(
  scene: Scene,
  server: AlertServer,
  loads: Contained[],
  signal: AbortSignal,
): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < THROTTLES; round += 1) {
    const guest = await limitedGuest(scene, `slow-${round}`);
    loads.push(guest);
    await pause(REST_MS, undefined, { signal });
    const before = guest.usage().throttles;
    guest.burn('spin', 1);
    const at = await eventually(() => {
      if (guest.usage().throttles === before) throw new Error(`${guest.name} was not held back`);
      return performance.now();
    });
    times.push(((await alertOf(server, guest.name)) - at) / 1000);
    await guest.calm();
  }
  return times;
}

/** Others want the processors too, and the kernel gives everybody a share. */
async function contended(scene: Scene, server: AlertServer, loads: Contained[], signal: AbortSignal): Promise<number> {
  const guests = [await limitedGuest(scene, 'wide'), await limitedGuest(scene, 'other')];
  loads.push(...guests);
  for (const guest of guests) guest.burn('spin', 4);
  await pause(QUIET_MS, undefined, { signal });
  await Promise.all(guests.map((guest) => guest.calm()));
  return server.requests.filter(({ body }) => body.includes('"wide"')).length;
}

function alertOf(server: AlertServer, guest: string): Promise<number> {
  return eventually(() => {
    const found = server.requests.find(({ body }) => body.includes(`"${guest}"`));
    if (found === undefined) throw new Error(`nobody was told of ${guest}`);
    return found.at;
  });
}

function p95(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(0.95 * sorted.length))] ?? Number.NaN;
}
