import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { STOPS_AT_ONCE } from '../src/agent/lifecycle/ordered-stops.ts';
import { runShielded } from '../src/cli/demo/run-shielded.ts';
import { hostler } from '../test/cli/hostler.ts';
import { createLxcGuest, type LxcGuest } from '../test/scenarios/lxc-guest.ts';
import { atShutdown } from '../test/scenarios/own-init.ts';
import { createTestAgent, type TestAgent } from '../test/scenarios/test-agent.ts';
import { figures } from './figures.ts';
import { inTurns } from './in-turns.ts';
import { atLeast, atMost, type Verdict } from './verdicts.ts';

const GUESTS = Number(process.env.GUESTS ?? 40);
const TURNS = Number(process.env.TURNS ?? 3);
/** What a guest runs before busybox itself takes two seconds to halt. */
const BEFORE_HALT = 'sleep 1';
const GUEST_S = 3;
/** Beside what those take that are stopped one after the other: 40 guests, eight at a time, in 20 s. */
const SLACK_S = 5;
/** LXC stops one after the other. */
const FASTER = 5;
/** Each, with two processors, until it is ready, for which LXC does not wait. */
const START_S = 0.25;
/** Until what comes of a start is over. */
const SETTLE_MS = 2000;

/** Whoever starts them all, and stops them all: resolves when it says that all of them run, or none. */
interface Contender {
  readonly who: string;
  /** What runs on the host besides. */
  up(): Promise<unknown>;
  start(): Promise<unknown>;
  stop(): Promise<unknown>;
  down(): Promise<unknown>;
}

/** How long it takes to start and to stop all guests of a host, and how long Debian's lxc.service takes for that. */
export async function benchCrowd(signal: AbortSignal): Promise<readonly Verdict[]> {
  const agent = createTestAgent();
  const names = Array.from({ length: GUESTS }, (_, at) => `crowd-${at}`);
  const guests = names.map((name) => createLxcGuest({ name, lxcPath: agent.lxcPath }));
  try {
    agent.rules('[]');
    await agent.start(); // it starts who starts with the host, of whom there is nobody yet
    await agent.end('SIGTERM');
    for (const name of names) {
      const folder = join(agent.lxcPath, name);
      atShutdown(folder, BEFORE_HALT);
      appendFileSync(join(folder, 'config'), 'lxc.start.auto = 1\nlxc.group = onboot\n');
      agent.guestFile(name, 'start: { auto: true }\n');
    }
    return verdicts(await measure([ofHostler(agent), ofLxc(agent)], agent, signal));
  } finally {
    await inTurns<LxcGuest>(guests, (guest) => guest.destroy());
    await agent.destroy();
  }
}

/** Seconds of each turn. */
interface Times {
  readonly start: number[];
  readonly stop: number[];
}

async function measure(
  contenders: readonly Contender[],
  agent: TestAgent,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Times>> {
  const all = new Map(contenders.map(({ who }) => [who, { start: [], stop: [] } as Times]));
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const contender of contenders) {
      signal.throwIfAborted();
      const times = all.get(contender.who);
      await contender.up();
      await expectRunning(agent, 0);
      times?.start.push(await seconds(contender.start));
      await expectRunning(agent, GUESTS);
      await pause(SETTLE_MS, undefined, { signal });
      times?.stop.push(await seconds(contender.stop));
      await expectRunning(agent, 0);
      await contender.down();
    }
  }
  return all;
}

function ofHostler(agent: TestAgent): Contender {
  const run = async (word: string) => {
    const { code, out, err } = await hostler([word, '--all', '--socket', agent.controlSocket]);
    if (code !== 0 || out.includes('killed')) throw new Error(`hostler ${word} ended with ${code}: ${out}${err}`);
  };
  return {
    who: 'hostler',
    up: () => agent.start(),
    start: () => run('start'),
    stop: () => run('stop'),
    down: () => agent.end('SIGTERM'),
  };
}

/** With the words that Debian's service has. */
function ofLxc({ lxcPath }: TestAgent): Contender {
  const nothing = () => Promise.resolve();
  const run = (...words: readonly string[]) => runShielded('lxc-autostart', ['-P', lxcPath, ...words]);
  return {
    who: 'lxc-autostart',
    up: nothing,
    start: () => run('-g', 'onboot,'),
    stop: () => run('-a', '-A', '-s', '-t', '5'),
    down: nothing,
  };
}

async function expectRunning({ lxcPath }: TestAgent, count: number): Promise<void> {
  const names = await runShielded('lxc-ls', ['-P', lxcPath, '-1', '--running']);
  const running = names.split('\n').filter((name) => name.trim() !== '').length;
  if (running !== count) throw new Error(`${running} guests run, not ${count}`);
}

async function seconds(perform: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await perform();
  return (performance.now() - start) / 1000;
}

function verdicts(all: ReadonlyMap<string, Times>): readonly Verdict[] {
  const of = (who: string, what: keyof Times) => figures(all.get(who)?.[what] ?? []);
  console.log(`${GUESTS} guests of ${GUEST_S} s with busybox, seconds, median of ${TURNS} (longest)`);
  console.log('                all started     all stopped');
  for (const who of all.keys()) {
    const cells = (['start', 'stop'] as const).map((what) => {
      const { median, max } = of(who, what);
      return `${median.toFixed(2)} (${max.toFixed(2)})`.padEnd(16);
    });
    console.log(`${who.padEnd(16)}${cells.join('')}`.trimEnd());
  }
  const faster = of('lxc-autostart', 'stop').median / of('hostler', 'stop').median;
  const most = Math.ceil(GUESTS / STOPS_AT_ONCE) * GUEST_S + SLACK_S;
  return [
    atMost(
      `${GUESTS} guests of ${GUEST_S} s are stopped, ${STOPS_AT_ONCE} at a time`,
      most,
      of('hostler', 'stop').max,
      's',
    ),
    atLeast(`${GUESTS} guests are stopped: times faster than lxc-autostart`, FASTER, faster, 'times'),
    atMost(`${GUESTS} guests are started and ready`, GUESTS * START_S, of('hostler', 'start').max, 's'),
  ];
}
