import { mkdtempSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../test/scenarios/eventually.ts';
import { initIs } from '../test/scenarios/own-init.ts';
import { type PretendedLogind, pretendLogind } from '../test/scenarios/pretended-logind.ts';
import { createScene, type Scene, type SceneGuest } from '../test/scenarios/scene.ts';
import { type Figures, figures } from './figures.ts';
import { inTurns } from './in-turns.ts';
import { ROUNDS, right } from './rounds.ts';
import { atMost, type Verdict } from './verdicts.ts';

/** More than are stopped at a time otherwise. */
const GUESTS = Number(process.env.GUESTS ?? 20);
const LONGEST_MS = 100;
/** Notes when it is sent what halts it, which ends it. */
const NOTES = "trap 'echo TERM > /heard; exit' TERM; : > /heard; sleep 6000 & wait $!";

/** From logind's word that the host is about to go down until the guests are signalled. */
export async function benchShutdown(signal: AbortSignal): Promise<readonly Verdict[]> {
  const programs = mkdtempSync(join(tmpdir(), 'hostler-shutdown-'));
  const logind = await pretendLogind(programs);
  const PATH = `${programs}:${process.env.PATH}`;
  const scene = await createScene({ rules: '[]', udevd: 'absent', environment: { PATH } });
  const first: number[] = [];
  const last: number[] = [];
  try {
    const names = Array.from({ length: GUESTS }, (_, at) => `down${at}`);
    const guests = names.map((name) => scene.make(name, { furnish: (folder) => initIs(folder, NOTES) }));
    await eventually(() => right(logind.asked()));
    while (first.length < ROUNDS) {
      signal.throwIfAborted();
      const times = await oneShutdown(scene, guests, logind);
      first.push(Math.min(...times));
      last.push(Math.max(...times));
    }
  } finally {
    await scene.end();
    logind.end();
    rmSync(programs, { recursive: true });
  }
  print('the first guest is signalled', figures(first));
  print(`the last of ${GUESTS}`, figures(last));
  return [
    atMost(`from PrepareForShutdown to the first signal, p95 of ${ROUNDS}`, LONGEST_MS, figures(first).p95, 'ms'),
    atMost(`and to the last of ${GUESTS} guests, p95`, LONGEST_MS, figures(last).p95, 'ms'),
  ];
}

/** Milliseconds until each guest had its signal. */
async function oneShutdown(
  scene: Scene,
  guests: readonly SceneGuest[],
  logind: PretendedLogind,
): Promise<readonly number[]> {
  for (const { folder } of guests) rmSync(join(folder, 'rootfs/heard'), { force: true });
  await inTurns<SceneGuest>(guests, (guest) => guest.start());
  await eventually(async () => {
    for (const { name } of guests) right((await scene.agent.guest(name)).state === 'running');
  });
  const signalled = await Promise.all(guests.map((guest) => whenHeard(join(guest.folder, 'rootfs/heard'))));
  const start = performance.now();
  logind.prepare(true);
  const times = await Promise.all(signalled.map((at) => at()));
  await eventually(async () => {
    for (const { name } of guests) right((await scene.agent.guest(name)).state === 'stopped');
  });
  return times.map((at) => at - start);
}

// The guest has made it before it listens; what it writes there later is that it has heard.
async function whenHeard(path: string): Promise<() => Promise<number>> {
  await eventually(() => right(readFileSync(path, 'utf8') === ''));
  const heard = new Promise<number>((resolve) => {
    const watcher = watch(path, () => {
      if (readFileSync(path, 'utf8') === '') return;
      resolve(performance.now());
      watcher.close();
    });
  });
  return () => heard;
}

function print(what: string, { count, median, p95, max }: Figures): void {
  const [middle, high, longest] = [median, p95, max].map((ms) => ms.toFixed(1));
  console.log(`until ${what}: median ${middle} ms, p95 ${high} ms, longest of ${count} ${longest} ms`);
}
