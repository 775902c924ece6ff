import { rateOf, sizeUs } from '../src/limits/bucket.ts';
import type { BucketPolicy } from '../src/model/policy.ts';
import { createScene, type Scene } from '../test/scenarios/scene.ts';
import type { Contained } from './contained.ts';
import { figures } from './figures.ts';
import { bucketPolicy, hasQuota, limitedGuest, slackOf } from './limited.ts';
import { type Stretch, secondsOf, stretches, traced } from './usage-trace.ts';
import { about, atMost, type Verdict } from './verdicts.ts';

const CYCLES = Number(process.env.CYCLES ?? 10);
/** What is shorter is no hold: the kernel counts in periods, and the agent looks now and then. */
const LEAST_MS = 100;
const LOOK_S = 0.05;
/** Where the kernel tells nobody that a guest is held back, one that wants no more than its rate is looked at so often. */
const CALM_S = 1;

/** How long a full bucket lasts, and how long a guest stands still that spent it. */
export async function benchBuckets(signal: AbortSignal): Promise<readonly Verdict[]> {
  const scene = await createScene({ rules: '[]' });
  const loads: Contained[] = [];
  const guest = async (name: string) => {
    const load = await limitedGuest(scene, name);
    loads.push(load);
    await hasQuota(load);
    return load;
  };
  try {
    const policy = bucketPolicy(scene, 'burst', { size: 4000 });
    const bursts = [1, 2].map(
      (processors) => async () => burst(await guest(`burst-${processors}`), policy, processors, signal),
    );
    const verdicts: Verdict[] = [];
    for (const measure of bursts) verdicts.push(...(await measure()));
    return [...verdicts, ...(await holds(scene, guest, signal))];
  } finally {
    for (const load of loads) await load.calm();
    await scene.end();
  }
}

/** From a full bucket: how long it waits for what it saved up, and how long it runs without being held back. */
async function burst(
  load: Contained,
  policy: BucketPolicy,
  processors: number,
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  const seconds = sizeUs(policy) / 1e6 / (processors - rateOf(policy));
  const begun = load.usage();
  load.burn('spin', processors);
  const [readings = []] = await traced([() => load.usage()], CALM_S + 1.5 * seconds + 2, signal);
  await load.calm();
  const found = stretches(readings, LEAST_MS);
  const run = longestRun(found);
  if (run === undefined || run === found.at(-1)) throw new Error(`${load.name} was never held back`);
  const what = `a burst from a full bucket of 4 s on ${processors === 1 ? '1 processor' : `${processors} processors`}`;
  const slack = slackOf(policy, processors);
  return [
    atMost(`${what} begins late by`, CALM_S, secondsOf({ from: begun, to: run.from }), 's'),
    about(`${what} lasts`, seconds, slack, secondsOf(run), 's'),
    about(`${what}: CPU time`, processors * seconds, slack, (run.to.usedUs - run.from.usedUs) / 1e6, 's'),
  ];
}

/** Two guests that want more all the time, each with a processor for itself. */
async function holds(
  scene: Scene,
  guest: (name: string) => Promise<Contained>,
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  const steady = bucketPolicy(scene, 'steady', { size: 1000, threshold: 500, hold: 'strict' });
  const lump = bucketPolicy(scene, 'lump', LUMP);
  const loads = [await guest('steady'), await guest('lump')];
  for (const load of loads) load.burn('spin', 1);
  const seconds = CALM_S + sizeUs(steady) / 1e6 / 0.75 + (CYCLES + 1) * cycleOf(steady);
  const [first = [], second = []] = await traced(
    loads.map((load) => () => load.usage()),
    seconds,
    signal,
  );
  await Promise.all(loads.map((load) => load.calm()));
  return [
    ...cycles('strict, 500 of 1000 tokens at 1/4', stretches(first, LEAST_MS), holdOf(steady), runOf(steady)),
    ...cycles('strict, 200 of 1000 tokens at 7/32 in lumps', stretches(second, LEAST_MS), lumpsOf(lump), runOf(lump)),
  ];
}

const LUMP: Partial<BucketPolicy> = {
  rate: 7,
  interval: 32,
  size: 1000,
  threshold: 200,
  hold: 'strict',
  refill: 'lump',
};

/** After the longest run, which is what was saved up; the last may be cut off. */
function cycles(what: string, found: readonly Stretch[], hold: number, run: number): readonly Verdict[] {
  const saved = longestRun(found);
  const whole = found.slice(saved === undefined ? 0 : found.indexOf(saved) + 1, -1).slice(0, 2 * CYCLES);
  return [false, true].map((runs) => {
    const expected = runs ? run : hold;
    const times = whole.filter((one) => one.runs === runs).map(secondsOf);
    const { count, median } = figures(times);
    const farthest = times.toSorted((a, b) => Math.abs(b - expected) - Math.abs(a - expected))[0] ?? median;
    const name = `${what}: ${runs ? 'runs' : 'stands still'}, farthest of ${count}, median ${median.toFixed(3)}`;
    return about(name, expected, 2 * LOOK_S, farthest, 's');
  });
}

function longestRun(found: readonly Stretch[]): Stretch | undefined {
  return found.filter(({ runs }) => runs).toSorted((one, other) => secondsOf(other) - secondsOf(one))[0];
}

function holdOf({ rate, interval, threshold, tickUs }: BucketPolicy): number {
  return (threshold * tickUs * interval) / rate / 1e6;
}

function lumpsOf({ rate, interval, threshold, tickUs }: BucketPolicy): number {
  return (Math.ceil(threshold / rate) * interval * tickUs) / 1e6;
}

function runOf(policy: BucketPolicy): number {
  return (policy.threshold * policy.tickUs) / 1e6 / (1 - rateOf(policy));
}

function cycleOf(policy: BucketPolicy): number {
  return holdOf(policy) + runOf(policy);
}
