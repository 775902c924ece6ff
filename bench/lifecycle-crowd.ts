import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runShielded } from '../src/cli/demo/run-shielded.ts';
import { hostler } from '../test/cli/hostler.ts';
import { createLxcGuest, type LxcGuest } from '../test/scenarios/lxc-guest.ts';
import { createTestAgent, type TestAgent } from '../test/scenarios/test-agent.ts';
import { figures } from './figures.ts';
import { inTurns } from './in-turns.ts';
import { atLeast, type Verdict } from './verdicts.ts';

const GUESTS = Number(process.env.GUESTS ?? 40);
const TURNS = Number(process.env.TURNS ?? 3);
/** Each guest takes two seconds to halt, and LXC stops one after the other. */
const FASTER = 5;
/** Until what comes of a start is over. */
const SETTLE_MS = 2000;

/** Whoever stops them all: resolves when it says that none of them runs. */
interface Contender {
  readonly who: string;
  /** What runs on the host besides. */
  up(): Promise<unknown>;
  stop(): Promise<unknown>;
  down(): Promise<unknown>;
}

/** How long it takes to stop all guests of a host, and how long Debian's lxc.service takes for that. */
export async function benchCrowd(signal: AbortSignal): Promise<readonly Verdict[]> {
  const agent = createTestAgent();
  const names = Array.from({ length: GUESTS }, (_, at) => `crowd-${at}`);
  const guests = names.map((name) => createLxcGuest({ name, lxcPath: agent.lxcPath }));
  try {
    agent.rules('[]');
    for (const name of names) {
      appendFileSync(join(agent.lxcPath, name, 'config'), 'lxc.start.auto = 1\nlxc.group = onboot\n');
    }
    return verdicts(await measure([ofHostler(agent, names), ofLxc(agent)], agent, signal));
  } finally {
    await inTurns<LxcGuest>(guests, (guest) => guest.destroy());
    await agent.destroy();
  }
}

/** Seconds of each turn, by contender. */
type Times = ReadonlyMap<string, number[]>;

async function measure(contenders: readonly Contender[], agent: TestAgent, signal: AbortSignal): Promise<Times> {
  const all = new Map(contenders.map(({ who }) => [who, [] as number[]]));
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const contender of contenders) {
      signal.throwIfAborted();
      await runShielded('lxc-autostart', ['-P', agent.lxcPath, '-g', 'onboot,']);
      await contender.up();
      await pause(SETTLE_MS, undefined, { signal });
      await expectRunning(agent, GUESTS);
      all.get(contender.who)?.push(await seconds(contender.stop));
      await expectRunning(agent, 0);
      await contender.down();
    }
  }
  return all;
}

function ofHostler(agent: TestAgent, names: readonly string[]): Contender {
  return {
    who: 'hostler',
    up: () => agent.start(),
    async stop() {
      const { code, out, err } = await hostler(['stop', ...names, '--socket', agent.controlSocket]);
      if (code !== 0 || out.includes('killed')) throw new Error(`hostler stop ended with ${code}: ${out}${err}`);
    },
    down: () => agent.end('SIGTERM'),
  };
}

/** With the words that Debian's service has. */
function ofLxc({ lxcPath }: TestAgent): Contender {
  const nothing = () => Promise.resolve();
  return {
    who: 'lxc-autostart',
    up: nothing,
    stop: () => runShielded('lxc-autostart', ['-P', lxcPath, '-a', '-A', '-s', '-t', '5']),
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

function verdicts(all: Times): readonly Verdict[] {
  const median = (who: string) => figures(all.get(who) ?? []).median;
  console.log(`${GUESTS} guests with busybox are all stopped, seconds, median of ${TURNS}`);
  for (const who of all.keys()) console.log(`${who.padEnd(16)}${median(who).toFixed(2)}`);
  const what = `${GUESTS} guests are stopped: times faster than lxc-autostart`;
  const faster = median('lxc-autostart') / median('hostler');
  return [atLeast(what, FASTER, faster, 'times')];
}
