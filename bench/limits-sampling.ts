import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../test/scenarios/eventually.ts';
import { createLxcGuest, type LxcGuest } from '../test/scenarios/lxc-guest.ts';
import { createTestAgent, type TestAgent } from '../test/scenarios/test-agent.ts';
import { Contained } from './contained.ts';
import { inTurns } from './in-turns.ts';
import { cpuNs, descendants, residentMb } from './process.ts';
import { atMost, type Verdict } from './verdicts.ts';

const SECONDS = Number(process.env.SECONDS ?? 20);
const GUESTS = Number(process.env.GUESTS ?? 200);
const BUSY = Number(process.env.BUSY ?? 20);
/** All that a guest can have: a twentieth of a processor, so that those that are busy want one of two. */
const POLICY = `guests: "many-*"
memory: { rss: { limit: 64MiB } }
processes: { limit: 40 }
cpu: { bucket: { rate: 1, interval: 20, size: 500 } }
alerts: { rss: { raise: 90%, for: 30s }, cpu: { raise: 90%, for: 30s } }
`;
/** On average, each time on and each time off: now and then more than the rate, and in all a little less. */
const WAVES_MS = [50, 1000] as const;
/** Until what comes of a start is over. */
const SETTLE_MS = 5000;
const PATIENCE_MS = 60_000;

/** What it costs to know what guests hold, and to keep their buckets: all of them idle, and some of them busy all the time. */
export async function benchSampling(signal: AbortSignal): Promise<readonly Verdict[]> {
  const agent = createTestAgent();
  const guests = Array.from({ length: GUESTS }, (_, at) =>
    createLxcGuest({ name: `many-${at}`, lxcPath: agent.lxcPath }),
  );
  const loads: Contained[] = [];
  try {
    agent.rules('[]');
    agent.policy('many', POLICY);
    await inTurns(guests, async (guest) => {
      signal.throwIfAborted();
      await guest.start();
    });
    await agent.start();
    loads.push(...(await busyOnes(agent, guests)));
    await pause(SETTLE_MS, undefined, { signal });
    const idle = await share(agent, signal);
    for (const [at, load] of loads.entries()) load.burn('waves', ...WAVES_MS, at);
    await pause(SETTLE_MS, undefined, { signal });
    const some = await share(agent, signal);
    return [...verdicts('idle', idle), ...verdicts(`${BUSY} of them busy`, some)];
  } finally {
    for (const load of loads) await load.calm();
    await inTurns(guests, (guest) => guest.destroy());
    await agent.destroy();
  }
}

async function busyOnes(agent: TestAgent, guests: readonly LxcGuest[]): Promise<readonly Contained[]> {
  await eventually(async () => {
    if (!(await agent.status()).converged) throw new Error('not all guests are as they shall be');
  }, PATIENCE_MS);
  const loads: Contained[] = [];
  for (const { name } of guests.slice(0, BUSY)) {
    const { instance } = await agent.guest(name);
    if (instance === undefined) throw new Error(`${name} does not run`);
    loads.push(new Contained(name, instance));
  }
  return loads;
}

interface Share {
  /** Of a core. */
  readonly agent: number;
  readonly executor: number;
  readonly residentMb: number;
}

async function share(agent: TestAgent, signal: AbortSignal): Promise<Share> {
  const pids = [agent.pid(), ...descendants(agent.pid()).slice(0, 1)];
  const before = pids.map(cpuNs);
  const start = performance.now();
  await pause(SECONDS * 1000, undefined, { signal });
  const ns = (performance.now() - start) * 1e6;
  const [own = 0, executor = 0] = pids.map((pid, at) => (cpuNs(pid) - (before[at] ?? 0)) / ns);
  return { agent: own, executor, residentMb: residentMb(agent.pid()) };
}

function verdicts(how: string, { agent, executor, residentMb: resident }: Share): readonly Verdict[] {
  const [own, writer] = [agent, executor].map((part) => `${(part * 100).toFixed(2)} %`);
  console.log(
    `${GUESTS} guests, ${how}: agent ${own} of a core, executor ${writer}, agent ${resident.toFixed(0)} MiB resident`,
  );
  return [
    atMost(`${GUESTS} guests, ${how}: agent and executor`, 5, (agent + executor) * 100, '% of a core'),
    atMost(`${GUESTS} guests, ${how}: agent resident`, 120, resident, 'MiB'),
  ];
}
