import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Share } from '../src/model/policy.ts';
import { createScene, type Scene } from '../test/scenarios/scene.ts';
import type { Contained } from './contained.ts';
import { bucketPolicy, hasQuota, limitedGuest } from './limited.ts';
import { shareOf, traced } from './usage-trace.ts';
import { about, type Verdict } from './verdicts.ts';

const IDLE_S = Number(process.env.IDLE_S ?? 30);
const CPUS = availableParallelism();
/** Until what was saved up is spent, and what others leave idle is shared. */
const SETTLED_S = 5;
const TOLERANCE = 0.02;

/**
 * Two guests with a quarter of all processors each, and shares of what is idle of which one is twice the other; then a third
 * with half of them. Only what this bench runs may be busy.
 */
export async function benchIdle(signal: AbortSignal): Promise<readonly Verdict[]> {
  const scene = await createScene({ rules: '[]' });
  const loads: Contained[] = [];
  try {
    for (const [name, parts, idle] of GUESTS) loads.push(await guest(scene, name, parts, idle));
    const [one, other, third] = loads;
    if (one === undefined || other === undefined || third === undefined) return [];
    for (const load of [one, other]) load.burn('spin', CPUS);
    const two = await shares(loads, signal);
    third.burn('spin', CPUS);
    const three = await shares(loads, signal);
    return [
      ...verdicts('two guests, idle shares of 1/8 and 1/4', [5 / 12, 7 / 12], two),
      about('the first of what both have above their rates', 1 / 3, TOLERANCE, partOf(two), ''),
      ...verdicts('and a third with a guarantee of the half', [1 / 4, 1 / 4, 1 / 2], three),
    ];
  } finally {
    for (const load of loads) await load.calm();
    await scene.end();
  }
}

/** Each with so many quarters of all processors. */
const GUESTS: readonly (readonly [name: string, quarters: number, idle?: Share])[] = [
  ['eighth', 1, { rate: 1, interval: 8 }],
  ['fourth', 1, { rate: 1, interval: 4 }],
  ['half', 2],
];

async function guest(scene: Scene, name: string, quarters: number, idle?: Share): Promise<Contained> {
  const bucket = { rate: quarters * CPUS, interval: 4, size: 500, ...(idle && { idle }) };
  bucketPolicy(scene, name, bucket, true);
  const load = await limitedGuest(scene, name);
  await hasQuota(load);
  return load;
}

/** Of all processors. */
async function shares(loads: readonly Contained[], signal: AbortSignal): Promise<readonly number[]> {
  await pause(SETTLED_S * 1000, undefined, { signal });
  const sources = loads.map((load) => () => load.usage());
  return (await traced(sources, IDLE_S, signal)).map((readings) => shareOf(readings) / CPUS);
}

/** Also on a host that has less to share, since others use it. */
function partOf([one = 0, other = 0]: readonly number[]): number {
  return (one - 1 / 4) / (one + other - 1 / 2);
}

function verdicts(what: string, expected: readonly number[], measured: readonly number[]): readonly Verdict[] {
  return expected.map((share, at) =>
    about(`${what}: share of all processors`, share, TOLERANCE, measured[at] ?? 0, ''),
  );
}
