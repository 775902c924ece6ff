import { fileStore } from '../src/linux/store.ts';
import { ended, start } from '../test/cli/hostler.ts';
import { startTime } from '../test/kernel/start-time.ts';
import { eventually } from '../test/scenarios/eventually.ts';
import { plugLoop, unplugLoop } from '../test/scenarios/loop-number.ts';
import { initIs } from '../test/scenarios/own-init.ts';
import { createScene, type Scene, type SceneGuest } from '../test/scenarios/scene.ts';
import { type EarlierVersion, makeEarlierVersion } from './earlier-version.ts';
import { inTurns } from './in-turns.ts';
import { right, rounds, text } from './rounds.ts';
import { atMost, exactly, type Verdict } from './verdicts.ts';

const GUESTS = Number(process.env.GUESTS ?? 40);
const LONGEST_MS = 2000;
const LOOP = 476;
const NAMES = Array.from({ length: GUESTS }, (_, at) => `kept${at}`);
const [ONE = '', OTHER = '', LATE = '', STOPPED = ''] = NAMES;

const rules = (guest: string) => `[{ rule: disk, match: { subsystem: block, sysname: loop${LOOP} }, guest: ${guest} }]`;

/** It has heard its halt, and goes on until there is a file. */
const HALTS_LATER = `
trap 'kill $service' TERM
sleep 600 & service=$!
until [ -e /go ]; do sleep 1 & wait $!; done`;

/**
 * From the start of an agent until it knows every guest as it was, in the middle of a start, a stop and a device's move: after one that
 * was killed or ended, and after one of an earlier version or before one.
 */
export async function benchAdoption(signal: AbortSignal): Promise<readonly Verdict[]> {
  const earlier = makeEarlierVersion();
  const scene = await createScene({ rules: rules(ONE), agent: 'later' });
  try {
    const guests = NAMES.map((name) =>
      scene.make(name, name === STOPPED ? { furnish: (folder) => initIs(folder, HALTS_LATER) } : {}),
    );
    return await inFlight(scene, guests, earlier, signal);
  } finally {
    await scene.end();
    unplugLoop(LOOP);
    earlier.remove();
  }
}

async function inFlight(
  scene: Scene,
  guests: readonly SceneGuest[],
  earlier: EarlierVersion,
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  const { agent } = scene;
  const words = ['--socket', agent.controlSocket];
  const guestOf = (name: string) => guests.find((guest) => guest.name === name);
  agent.guestFile(LATE, 'start: { ready: { command: [/bin/test, -e, /tmp/ready] }, timeout: 1h }');
  await inTurns<SceneGuest>(
    guests.filter(({ name }) => name !== LATE),
    (guest) => guest.start(),
  );
  await agent.start();
  plugLoop(LOOP);
  const starting = ended(start(['start', LATE, ...words]));
  const stopping = ended(start(['stop', STOPPED, '--timeout', '3600', ...words]));
  const inits = await eventually(() => initsOf(scene));
  await eventually(() => right(stopOf(scene)?.phase === 'drain'));
  const began = inits.map(startTime);
  const killAt = stopOf(scene)?.killAt;
  let late = 0;
  const next = async (command: string | undefined, round: number) => {
    const ms = await oneAdoption(scene, inits, round, command);
    late += stopOf(scene)?.killAt === killAt ? 0 : 1;
    return ms;
  };
  const restarts = await rounds(signal, (round) => next(undefined, round));
  const downgrades = await rounds(signal, (round) => next(round % 2 === 0 ? earlier.command : undefined, round));
  const kept = inits.filter((pid, at) => startTime(pid) === began[at]).length;
  await guestOf(LATE)?.attach('touch', '/tmp/ready');
  await guestOf(STOPPED)?.attach('touch', '/go');
  const ends = await Promise.all([starting, stopping]);
  console.log(`until another agent knows ${GUESTS} guests: ${text(restarts)}`);
  console.log(`where one of them is of ${earlier.commit}, by turns: ${text(downgrades)}`);
  const what = `until another agent has adopted ${GUESTS} guests`;
  return [
    atMost(`${what}, the one before killed or ended, longest`, LONGEST_MS, restarts.max, 'ms'),
    atMost(`${what}, downgraded and upgraded, longest`, LONGEST_MS, downgrades.max, 'ms'),
    exactly('inits with the start time that they had', GUESTS, kept, 'inits'),
    exactly('agents that gave the stop another deadline', 0, late, 'agents'),
    exactly('start and stop that ended well', 2, ends.filter(({ code }) => code === 0).length, 'commands'),
  ];
}

/** Milliseconds from the start of the next agent. */
async function oneAdoption(
  { agent, ...scene }: Scene,
  inits: readonly number[],
  round: number,
  command: string | undefined,
): Promise<number> {
  agent.rules(rules(round % 2 === 0 ? OTHER : ONE));
  await agent.end(round % 4 < 2 ? 'SIGKILL' : 'SIGTERM');
  const begun = performance.now();
  await agent.start(command);
  await eventually(async () => right((await initsOf({ agent, ...scene })).join() === inits.join()));
  return performance.now() - begun;
}

/** As it is kept for the next agent. */
function stopOf({ agent }: Scene) {
  return fileStore(agent.runFolder, agent.stateFolder).stop(STOPPED);
}

/** Throws while one of them is not known to run. */
async function initsOf({ agent }: Scene): Promise<readonly number[]> {
  const all = await agent.list();
  const pids = NAMES.map((name) => all.find((view) => view.name === name)?.instance?.pid ?? 0);
  right(!pids.includes(0));
  return pids;
}
