// In the test host: how long a guest may not open its device after somebody else has changed its permissions: npm run bench:repair
import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { createLxcGuest } from '../src/cli/demo/lxc-guest.ts';
import { eventually } from '../test/scenarios/eventually.ts';
import { createTestAgent } from '../test/scenarios/test-agent.ts';
import { plainMachine } from '../test/vm/inside/nspawn-guest.ts';
import { type Attempt, ringAt } from './doorbell.ts';
import { type Figures, figures, milliseconds } from './figures.ts';

const TIMES = Number(process.env.TIMES ?? 10);
const NAME = 'bench';
const NODE = '/dev/log-of-host';
/** What is done, and what follows of it, is over by then. */
const OVER_MS = 4000;

/** What somebody does, in microseconds from its beginning; undefined: nothing was refused. */
interface Refused {
  /** To the first open that succeeds again. */
  readonly untilOpen: number;
  readonly refused: number;
}
type Deed = readonly [program: string, ...words: string[]];

const agent = createTestAgent();
try {
  agent.rules(`- rule: log\n  match: { subsystem: mem, sysname: kmsg }\n  guest: ${NAME}\n  node: { path: ${NODE} }\n`);
  await agent.start();
  console.log(`milliseconds, median (largest of ${TIMES})`);
  const { lxcPath } = agent;
  const change: Deed = ['lxc-cgroup', '-P', lxcPath, '-n', NAME, 'devices.allow', 'c 10:237 rwm'];
  // LXC takes no second change.
  for (const deed of [change, ['systemctl', 'daemon-reload'], ['systemctl', 'daemon-reexec']] satisfies Deed[])
    await measured('LXC', deed, () => createLxcGuest({ name: NAME, lxcPath }), deed === change ? 1 : TIMES);
  const unit = `plain-${NAME}.service`;
  const list: Deed = ['systemctl', 'set-property', '--runtime', unit, 'DeviceAllow='];
  for (const deed of [list, ['systemctl', 'daemon-reload'], ['systemctl', 'daemon-reexec']] satisfies Deed[])
    await measured('nspawn', deed, () => plainMachine(NAME, 200_000), TIMES);
} finally {
  await agent.destroy();
}

interface BenchGuest {
  start(): Promise<void>;
  destroy(): Promise<void>;
}

async function measured(runtime: string, deed: Deed, make: () => BenchGuest, timesAStart: number): Promise<void> {
  const all: (Refused | undefined)[] = [];
  while (all.length < TIMES) {
    const guest = make();
    await guest.start();
    const init = await served();
    for (let time = 0; time < timesAStart; time += 1) all.push(await timed(init, deed));
    await guest.destroy();
    await eventually(async () => {
      if ((await agent.guest(NAME).catch(() => undefined))?.instance !== undefined) throw new Error('still runs');
    });
  }
  print(`${runtime}: ${deed[0]} ${deed[0] === 'systemctl' ? deed[1] : 'devices.allow'}`, all);
}

async function served(): Promise<number> {
  return eventually(async () => {
    const { converged, nodes, instance } = await agent.guest(NAME);
    if (!converged || nodes.length !== 1 || instance === undefined) throw new Error('is not as it shall be');
    return instance.pid;
  });
}

async function timed(init: number, [program, ...words]: Deed): Promise<Refused | undefined> {
  const bell = await ringAt(init, NODE);
  await pause(500);
  const since = Number(process.hrtime.bigint() / 1000n);
  execFileSync(program, words);
  await pause(OVER_MS);
  const attempts = bell.stop();
  if (attempts.at(-1)?.is !== 'open') throw new Error(`${program} ${words.join(' ')}: it is refused for good`);
  return refusedSince(since, attempts);
}

function refusedSince(since: number, attempts: readonly Attempt[]): Refused | undefined {
  const spans = attempts.flatMap((attempt, at) => {
    const next = attempts[at + 1];
    return attempt.is === 'refused' && next !== undefined ? [[attempt.at, next.at] as const] : [];
  });
  const last = spans.at(-1)?.[1];
  if (last === undefined) return undefined;
  return { untilOpen: last - since, refused: spans.reduce((sum, [from, to]) => sum + to - from, 0) };
}

function print(what: string, all: readonly (Refused | undefined)[]): void {
  const some = all.filter((one) => one !== undefined);
  const text = ({ median, max }: Figures) => `${milliseconds(median)} (${milliseconds(max)})`;
  const seen =
    some.length === 0
      ? 'never refused'
      : `refused for ${text(figures(some.map(({ refused }) => refused)))}, open again ${text(figures(some.map(({ untilOpen }) => untilOpen)))} after the command began, in ${some.length} of ${all.length}`;
  console.log(`${what.padEnd(34)}${seen}`);
}
