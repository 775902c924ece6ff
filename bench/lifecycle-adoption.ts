import { ended, start } from '../test/cli/hostler.ts';
import { startTime } from '../test/kernel/start-time.ts';
import { eventually } from '../test/scenarios/eventually.ts';
import { plugLoop, unplugLoop } from '../test/scenarios/loop-number.ts';
import { createScene, type Scene, type SceneGuest } from '../test/scenarios/scene.ts';
import { inTurns } from './in-turns.ts';
import { right, rounds, text } from './rounds.ts';
import { atMost, type Verdict } from './verdicts.ts';

const GUESTS = Number(process.env.GUESTS ?? 40);
const LONGEST_MS = 2000;
const LOOP = 476;
const NAMES = Array.from({ length: GUESTS }, (_, at) => `kept${at}`);
const [ONE = '', OTHER = '', LATE = ''] = NAMES;

const rules = (guest: string) => `[{ rule: disk, match: { subsystem: block, sysname: loop${LOOP} }, guest: ${guest} }]`;

/** From the start of an agent until it knows every guest as it was, in the middle of a start and a device's move. */
export async function benchAdoption(signal: AbortSignal): Promise<readonly Verdict[]> {
  const scene = await createScene({ rules: rules(ONE), agent: 'later' });
  const guests = NAMES.map((name) => scene.make(name));
  try {
    scene.agent.guestFile(LATE, 'start: { ready: { command: [/bin/test, -e, /tmp/ready] }, timeout: 1h }');
    await inTurns<SceneGuest>(
      guests.filter(({ name }) => name !== LATE),
      (guest) => guest.start(),
    );
    await scene.agent.start();
    plugLoop(LOOP);
    const starting = ended(start(['start', LATE, '--socket', scene.agent.controlSocket]));
    const inits = await eventually(() => initsOf(scene));
    const began = inits.map(startTime);
    const times = await rounds(signal, (round) => oneAdoption(scene, inits, round));
    right(inits.every((pid, at) => startTime(pid) === began[at]));
    await guests.find(({ name }) => name === LATE)?.attach('touch', '/tmp/ready');
    await starting;
    console.log(`until another agent knows ${GUESTS} guests: ${text(times)}`);
    return [atMost(`from the start of an agent until it has adopted ${GUESTS} guests`, LONGEST_MS, times.max, 'ms')];
  } finally {
    await scene.end();
    unplugLoop(LOOP);
  }
}

/** Milliseconds from the start of the next agent. */
async function oneAdoption({ agent, ...scene }: Scene, inits: readonly number[], round: number): Promise<number> {
  agent.rules(rules(round % 2 === 0 ? OTHER : ONE));
  await agent.end(round % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
  const begun = performance.now();
  await agent.start();
  await eventually(async () => right((await initsOf({ agent, ...scene })).join() === inits.join()));
  return performance.now() - begun;
}

/** Throws while one of them is not known to run. */
async function initsOf({ agent }: Scene): Promise<readonly number[]> {
  const all = await agent.list();
  const pids = NAMES.map((name) => all.find((view) => view.name === name)?.instance?.pid ?? 0);
  right(!pids.includes(0));
  return pids;
}
