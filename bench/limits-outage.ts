import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Usage } from '../src/limits/bucket.ts';
import { planCpu } from '../src/limits/quota.ts';
import { eventually } from '../test/scenarios/eventually.ts';
import { createScene, type Scene } from '../test/scenarios/scene.ts';
import { bucketPolicy, hasQuota, limitedGuest } from './limited.ts';
import { shareOf } from './usage-trace.ts';
import { about, atMost, type Verdict } from './verdicts.ts';

const OUTAGE_S = Number(process.env.OUTAGE_S ?? 30);
const WHOLE_S = Number(process.env.WHOLE_S ?? 120);
const SIZE_S = 4;
const RATE = 0.25;
/** The burst has begun, and is not over. */
const BEFORE_S = 4;
/** In which it earns something that no agent sees. */
const REST_S = 4;

/** An agent that is killed in the middle of a burst: what its guest has without it, and what the next one makes of that. */
export async function benchOutage(signal: AbortSignal): Promise<readonly Verdict[]> {
  const scene = await createScene({ rules: '[]' });
  const policy = bucketPolicy(scene, 'outage', { size: SIZE_S * 1000 });
  const load = await limitedGuest(scene, 'outage');
  const wait = (seconds: number) => pause(seconds * 1000, undefined, { signal });
  try {
    await hasQuota(load);
    const { quota } = planCpu(policy, availableParallelism());
    const full = load.usage();
    load.burn('spin', 1);
    await wait(BEFORE_S);
    await scene.agent.end('SIGKILL');
    const killed = load.usage();
    await wait(OUTAGE_S);
    const without = shareOf([killed, load.usage()]);
    await load.calm();
    await wait(REST_S);
    await scene.agent.start();
    const { held, lawful } = await eventually(() => tokens(scene, () => load.usage(), full));
    load.burn('spin', 1);
    await wait(WHOLE_S - (load.usage().atUs - full.atUs) / 1e6);
    const end = load.usage();
    const [seconds, used] = [(end.atUs - full.atUs) / 1e6, (end.usedUs - full.usedUs) / 1e6];
    const most = RATE + quota.quotaUs / 1e6 / OUTAGE_S;
    return [
      atMost(`share in ${OUTAGE_S} s after the agent was killed in a burst`, most, without, 'of a processor'),
      about('tokens after the outage, as the next agent counts them', lawful, 0.002, held, 's'),
      about(
        `CPU time in ${WHOLE_S} s from a full bucket, the outage with it`,
        SIZE_S + RATE * seconds,
        0.01 * RATE * seconds + quota.quotaUs / 1e6,
        used,
        's',
      ),
    ];
  } finally {
    await load.calm();
    await scene.end();
  }
}

/** What the agent says its bucket holds, and what it holds by the law: it was never full again since `full`. */
async function tokens(scene: Scene, usage: () => Usage, full: Usage) {
  const before = usage();
  const [held] = (await scene.agent.list()).flatMap(({ name, tokens }) =>
    name === 'outage' && tokens ? [tokens.held] : [],
  );
  const after = usage();
  if (held === undefined) throw new Error('nobody keeps its bucket');
  const atUs = (before.atUs + after.atUs) / 2;
  const lawfulUs = SIZE_S * 1e6 + RATE * (atUs - full.atUs) - (after.usedUs - full.usedUs);
  return { held: held / 1000, lawful: Math.min(SIZE_S, lawfulUs / 1e6) };
}
