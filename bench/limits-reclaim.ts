import { once } from 'node:events';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { hostControllers } from '../src/linux/controllers.ts';
import { createScene, type Scene } from '../test/scenarios/scene.ts';
import type { Contained } from './contained.ts';
import { figures } from './figures.ts';
import { bucketPolicy, hasQuota, limitedGuest } from './limited.ts';
import { secondsOf, stretches, traceOf } from './usage-trace.ts';
import { atMost, type Verdict } from './verdicts.ts';

const CACHED_GIB = Number(process.env.CACHED_GIB ?? 8);
const LIMIT = 64 * 2 ** 20;
const ASK_EVERY_MS = 10;
/** A burst begins a second late at most. */
const BEGUN_MS = 1500;
const FILE = hostControllers().hierarchy === 'v1' ? 'memory.limit_in_bytes' : 'memory.max';

/** A limit whose writer waits in the kernel until memory is taken back: nobody else waits for that. */
export async function benchReclaim(signal: AbortSignal): Promise<readonly Verdict[]> {
  const scene = await createScene({ rules: '[]' });
  const loads: Contained[] = [];
  const file = join(scene.agent.folder, 'cached');
  try {
    bucketPolicy(scene, 'beside', { size: 12_000 });
    const [cached, beside] = [await limitedGuest(scene, 'cached'), await limitedGuest(scene, 'beside')];
    loads.push(cached, beside);
    await hasQuota(beside);
    await fill(cached, file, signal);
    beside.burn('spin', 1);
    await pause(BEGUN_MS, undefined, { signal });
    const trace = traceOf(() => beside.usage());
    const { seconds, answers } = await lowered(scene, cached, signal);
    trace.stop();
    const stalls = stretches(trace.readings).filter(({ runs }) => !runs);
    const stall = Math.max(0, ...stalls.map(secondsOf));
    const blocked = `while ${CACHED_GIB} GiB of cache are taken back for ${seconds.toFixed(1)} s`;
    return [
      atMost(`an answer of the agent (p99 of ${answers.length}) ${blocked}`, 50, figures(answers).p99, 'ms'),
      atMost('a burst of another guest stands still meanwhile, longest', 100, stall * 1000, 'ms'),
    ];
  } finally {
    for (const load of loads) await load.calm();
    rmSync(file, { force: true });
    await scene.end();
  }
}

/** What is read of a hole is in memory as anything else is. */
async function fill(guest: Contained, file: string, signal: AbortSignal): Promise<void> {
  writeFileSync(file, '');
  truncateSync(file, CACHED_GIB * 2 ** 30);
  const [code] = await once(guest.run('dd', `if=${file}`, 'of=/dev/null', 'bs=1M'), 'exit', { signal });
  if (code !== 0) throw new Error(`dd ended with ${code}`);
}

async function lowered(scene: Scene, guest: Contained, signal: AbortSignal) {
  const answers: number[] = [];
  const start = performance.now();
  scene.agent.policy('cached', `guests: cached\nmemory: { rss: { limit: ${LIMIT / 2 ** 20}MiB } }\n`);
  while (guest.holds(FILE) !== `${LIMIT}`) {
    const asked = performance.now();
    await scene.agent.status();
    answers.push(performance.now() - asked);
    await pause(ASK_EVERY_MS, undefined, { signal });
  }
  return { seconds: (performance.now() - start) / 1000, answers };
}
