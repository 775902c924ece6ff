import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { rateOf, sizeUs } from '../src/limits/bucket.ts';
import { planCpu } from '../src/limits/quota.ts';
import type { BucketPolicy } from '../src/model/policy.ts';
import { inMachine } from '../test/scenarios/namespace.ts';
import { createScene, type Scene } from '../test/scenarios/scene.ts';
import type { Contained } from './contained.ts';
import { figures } from './figures.ts';
import { bucketPolicy, hasQuota, limitedGuest, rawQuota, slackOf } from './limited.ts';
import { unitWithQuota } from './systemd-quota.ts';
import { mostAbove, shareOfPeriods, traced } from './usage-trace.ts';
import { about, atMost, type Verdict } from './verdicts.ts';

const SHARE_S = Number(process.env.SHARE_S ?? 60);
const WAVES_S = Number(process.env.WAVES_S ?? 40);
const JOBS = Number(process.env.JOBS ?? 3);
/** On average, each time on and each time off: more than the rate, so that the load fills and drains every bucket. */
const WAVES_MS = [600, 1400] as const;
const RATE = 0.25;
const PERIOD_US = 100_000;
const JOB_MS = 500;
/** Until what was saved up is spent. */
const DRAINED_MS = 6000;
/** In which a job's time is earned. */
const EARNED_MS = 4500;

/** Who holds a load to a quarter of a processor. */
interface Contender {
  readonly who: string;
  readonly load: Contained;
  /** What may be used above the rate, seconds. */
  readonly saves: number;
  readonly slack: number;
  readonly periodUs: number;
  readonly end: () => Promise<void>;
}

/** The same loads at the same time under hostler's buckets, and under the quotas of those that have no bucket. */
export async function benchShares(signal: AbortSignal): Promise<readonly Verdict[]> {
  const scene = await createScene({ rules: '[]' });
  const contenders: Contender[] = [];
  try {
    for (const make of CONTENDERS) contenders.push(await make(scene));
    const shares = await spinning(contenders, signal);
    const above = await waving(contenders, signal);
    const jobs = await working(contenders, signal);
    print(contenders, shares, above, jobs);
    const [ledger, kernel] = contenders;
    if (ledger === undefined || kernel === undefined) return [];
    return [
      about('share of a guest that always wants more, 60 s', 15, 0.15, 60 * (shares[0] ?? 0), 's'),
      about('share by the kernel alone, 60 s', 15, 0.15, 60 * (shares[1] ?? 0), 's'),
      atMost(
        `most above r t in any window, random load of ${WAVES_S} s`,
        ledger.saves + ledger.slack,
        above[0] ?? 0,
        's',
      ),
      atMost('the same by the kernel alone', kernel.saves + kernel.slack, above[1] ?? 0, 's'),
    ];
  } finally {
    for (const { load, end } of contenders) await load.calm().then(end);
    await scene.end();
  }
}

const CONTENDERS: readonly ((scene: Scene) => Promise<Contender>)[] = [
  (scene) => bucketed(scene, 'a bucket of 1 s, kept by hostler', 'ledger', { size: 1000 }),
  (scene) => bucketed(scene, 'a bucket of 0.5 s, kept by the kernel', 'kernel', { size: 500 }),
  async (scene) => {
    const load = await limitedGuest(scene, 'raw', rawQuota(RATE * PERIOD_US, PERIOD_US));
    return contender('a raw quota of LXC', load, RATE * PERIOD_US, async () => {});
  },
  ...(inMachine ? [systemdQuota] : []),
];

async function systemdQuota(): Promise<Contender> {
  const { load, end } = await unitWithQuota('hostler-bench', RATE);
  return contender("systemd's CPUQuota", load, RATE * PERIOD_US, end);
}

async function bucketed(scene: Scene, who: string, name: string, bucket: Partial<BucketPolicy>): Promise<Contender> {
  const policy = bucketPolicy(scene, name, bucket);
  const load = await limitedGuest(scene, name);
  await hasQuota(load);
  const saves = sizeUs(policy) / 1e6;
  if (rateOf(policy) !== RATE) throw new Error(`${who}: another rate than the others`);
  const { periodUs } = planCpu(policy, availableParallelism()).quota;
  return { who, load, saves, slack: slackOf(policy, 1), periodUs, end: async () => {} };
}

function contender(who: string, load: Contained, quotaUs: number, end: () => Promise<void>): Contender {
  return { who, load, saves: quotaUs / 1e6, slack: 0, periodUs: PERIOD_US, end };
}

/** The share of each, once it has nothing saved up, over whole periods. */
async function spinning(contenders: readonly Contender[], signal: AbortSignal): Promise<readonly number[]> {
  for (const { load } of contenders) load.burn('spin', 1);
  await pause(DRAINED_MS, undefined, { signal });
  const traces = await traced(usages(contenders), SHARE_S, signal);
  await Promise.all(contenders.map(({ load }) => load.calm()));
  return traces.map((readings, at) => shareOfPeriods(readings, contenders[at]?.periodUs ?? 0));
}

/** The most that each used above its rate in any window of a load that comes and goes. */
async function waving(contenders: readonly Contender[], signal: AbortSignal): Promise<readonly number[]> {
  for (const { load } of contenders) load.burn('waves', ...WAVES_MS, 1);
  const traces = await traced(usages(contenders), WAVES_S, signal);
  await Promise.all(contenders.map(({ load }) => load.calm()));
  return traces.map((readings) => mostAbove(readings, RATE));
}

/** How long half a second of work takes after a rest, milliseconds. */
async function working(contenders: readonly Contender[], signal: AbortSignal): Promise<readonly number[]> {
  const times = contenders.map((): number[] => []);
  for (let round = 0; round < JOBS; round += 1) {
    await pause(EARNED_MS, undefined, { signal });
    for (const [at, { load }] of contenders.entries()) {
      const start = performance.now();
      await once(load.burn('work', JOB_MS), 'exit', { signal });
      times[at]?.push(performance.now() - start);
    }
  }
  return times.map((all) => figures(all).median);
}

function usages(contenders: readonly Contender[]) {
  return contenders.map(
    ({ load }) =>
      () =>
        load.usage(),
  );
}

function print(
  contenders: readonly Contender[],
  shares: readonly number[],
  above: readonly number[],
  jobs: readonly number[],
): void {
  console.log(
    `${'a quarter of a processor'.padEnd(40)}${'error of the share'.padEnd(20)}${'most above r t'.padEnd(18)}${JOB_MS} ms of work after a rest`,
  );
  for (const [at, { who, saves }] of contenders.entries()) {
    const error = `${(((shares[at] ?? 0) / RATE - 1) * 100).toFixed(2)} %`;
    const most = `${(above[at] ?? 0).toFixed(3)} of ${saves}`;
    console.log(`${who.padEnd(40)}${error.padEnd(20)}${most.padEnd(18)}${(jobs[at] ?? 0).toFixed(0)} ms`);
  }
}
