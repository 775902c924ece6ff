import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../test/scenarios/eventually.ts';
import { loopctl, plugLoop, unplugLoop } from '../test/scenarios/loop-number.ts';
import type { LxcGuest } from '../test/scenarios/lxc-guest.ts';
import type { TestAgent } from '../test/scenarios/test-agent.ts';
import { cpuNs, descendants } from './process.ts';
import { nodesOf, REST_MS, right, rounds, text } from './rounds.ts';
import { rowOf } from './rows.ts';
import { startStopwatch } from './stopwatch.ts';

const SECONDS = 10;
/** Of the storm; of what a rule wants. */
const [STORMY, WANTED] = [2900, 1960];
/** Disks that come and go side by side: the kernel takes a while over each one that goes, and udevd looks at each one that comes. */
const LANES = Number(process.env.LANES ?? 6);
const STORM = `trap over=1 TERM
until [ "$over" ]; do ${loopctl} add $1; ${loopctl} remove $1; echo; done`;

/** What disks that no rule matches cost while they come and go, and how long one takes meanwhile that a rule does match. */
export async function printStorm(agent: TestAgent, guest: LxcGuest, interrupted: AbortSignal): Promise<void> {
  const init = await guest.initPid();
  const has = nodesOf(init);
  const stopwatch = await startStopwatch(init, 'loop19[67]?');
  const storm = startStorm();
  try {
    const own = [agent.pid(), ...descendants(agent.pid())].slice(0, 2); // and the executor, which no worker concerns here
    const used = () => own.reduce((sum, pid) => sum + cpuNs(pid), 0);
    const [before, pairs, start] = [used(), storm.pairs(), performance.now()];
    await pause(SECONDS * 1000, undefined, { signal: interrupted });
    const ms = performance.now() - start;
    const share = (used() - before) / 1e6 / ms;
    const pace = (storm.pairs() - pairs) / (ms / 1000);
    console.log(`${pace.toFixed(0)} disks a second that no rule matches: ${(share * 100).toFixed(1)} % of a core`);
    await rounds(interrupted, async (round) => {
      plugLoop(WANTED + round);
      await eventually(() => right(has(WANTED + round)));
      await pause(REST_MS); // or it would be gone again before the stopwatch had its turn
      unplugLoop(WANTED + round);
      await eventually(() => right(!has(WANTED + round)));
      return 0;
    });
    await stopwatch.stop();
    const { total } = rowOf('storm', stopwatch.plugs());
    const when = total === undefined ? 'never' : text(total, 1000);
    console.log(`one that a rule matches meanwhile may be opened, from the kernel's event: ${when}`);
  } finally {
    await storm.end();
    await stopwatch.stop();
  }
}

function startStorm() {
  const numbers = Array.from({ length: LANES }, (_, lane) => String(STORMY + lane));
  const lanes = numbers.map((number) =>
    spawn('sh', ['-c', STORM, 'sh', number], { stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  let pairs = 0;
  for (const { stdout } of lanes) {
    createInterface({ input: stdout }).on('line', () => {
      pairs += 1;
    });
  }
  return {
    pairs: () => pairs,
    async end() {
      const ended = lanes.map((lane) => once(lane, 'exit'));
      for (const lane of lanes) lane.kill('SIGTERM'); // after a whole pair
      await Promise.all(ended);
    },
  };
}
