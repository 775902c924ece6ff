import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../test/scenarios/eventually.ts';
import { plugLoop, unplugLoop } from '../test/scenarios/loop-number.ts';
import { createLxcGuest, type LxcGuest } from '../test/scenarios/lxc-guest.ts';
import { furnishOpener, startOpener } from '../test/scenarios/opener.ts';
import { createTestAgent, type TestAgent } from '../test/scenarios/test-agent.ts';
import { printCorrections } from './corrections.ts';
import { nodesOf, REST_MS, ROUNDS, right, rounds, text } from './rounds.ts';
import { rowOf } from './rows.ts';
import { startStopwatch } from './stopwatch.ts';
import { printStorm } from './storm.ts';

const HANDED = 1800;
const SANED = 106;

const rulesOf = (owner: LxcGuest) => `
- rule: disks
  match: { subsystem: block, sysname: "loop17??" }
  guest: moment-one
  take: all
- rule: handed
  match: { subsystem: block, sysname: loop${HANDED} }
  guest: ${owner.name}
- rule: scanner
  match: { subsystem: block, sysname: "loop19??" }
  guest: moment-one
  node: { mode: "0600", owner: saned, group: scanner }
`;

/** How long it takes until all is right again: after a restart, after a change of a rule, and for a program that does not wait. */
export async function printMoments(interrupted: AbortSignal): Promise<void> {
  const agent = createTestAgent('damping: off'); // nobody plugs so often
  const [one, two] = [guestNamed('moment-one', agent), guestNamed('moment-two', agent)];
  furnishOpener(join(agent.lxcPath, one.name));
  try {
    agent.rules(rulesOf(one));
    await Promise.all([one.start(), two.start()]);
    await agent.start();
    console.log('');
    await printRestarts(agent, one, interrupted);
    await printHandOvers(agent, [one, two], interrupted);
    await printImpatience(agent, one, interrupted);
    await printCorrections(agent.lxcPath, one, interrupted);
    await printStorm(agent, one, interrupted);
  } finally {
    await Promise.all([one.destroy(), two.destroy()]);
    await agent.destroy();
  }
}

/** Killed; before it is started again one device goes, another comes, and a third does both. */
async function printRestarts(agent: TestAgent, guest: LxcGuest, interrupted: AbortSignal): Promise<void> {
  const has = nodesOf(await guest.initPid());
  const times = await rounds(interrupted, async (round) => {
    const [gone, come, again] = [0, 1, 2].map((at) => 1700 + 3 * (round % 30) + at) as [number, number, number];
    plugLoop(gone);
    plugLoop(again);
    await eventually(() => right(has(gone) && has(again)));
    await agent.end('SIGKILL');
    unplugLoop(gone);
    plugLoop(come);
    unplugLoop(again);
    plugLoop(again);
    const start = performance.now();
    const started = agent.start();
    await eventually(() => right(!has(gone) && has(come) && has(again)));
    const ms = performance.now() - start;
    await started;
    for (const number of [come, again]) unplugLoop(number);
    await eventually(() => right(!has(come) && !has(again)));
    return ms;
  });
  console.log(`started again after it was killed, and three devices are right: ${text(times)}`);
}

async function printHandOvers(
  agent: TestAgent,
  guests: readonly [LxcGuest, LxcGuest],
  interrupted: AbortSignal,
): Promise<void> {
  const [inOne, inTwo] = [nodesOf(await guests[0].initPid()), nodesOf(await guests[1].initPid())];
  let withBoth = 0;
  plugLoop(HANDED);
  try {
    await eventually(() => right(inOne(HANDED)));
    const times = await rounds(interrupted, async (round) => {
      const [to, has] = round % 2 === 0 ? [guests[1], inTwo] : [guests[0], inOne];
      const start = performance.now();
      agent.rules(rulesOf(to));
      await eventually(() => {
        // One look may be before the hand-over and the next after it: what the first still sees at the end was with both.
        if (inOne(HANDED) && inTwo(HANDED) && inOne(HANDED)) withBoth += 1;
        right(has(HANDED));
      });
      return performance.now() - start;
    });
    console.log(
      `its rule is written anew, and the other guest has it: ${text(times)}; seen with both ${withBoth} times`,
    );
  } finally {
    unplugLoop(HANDED);
  }
}

async function printImpatience(agent: TestAgent, guest: LxcGuest, interrupted: AbortSignal): Promise<void> {
  const init = await guest.initPid();
  const has = nodesOf(init);
  const stopwatch = await startStopwatch(init, 'loop19??');
  const opener = await startOpener(agent.lxcPath, guest.name, '/dev', 'loop19', SANED);
  await rounds(interrupted, async (round) => {
    plugLoop(1900 + round);
    await eventually(() => right(has(1900 + round)));
    await pause(REST_MS); // or it would be gone again before the program had its turn
    unplugLoop(1900 + round);
    await eventually(() => right(!has(1900 + round)));
    return 0;
  });
  const { opened, refused } = await opener.end();
  await stopwatch.stop();
  const { total } = rowOf('opener', stopwatch.plugs());
  const how = `${opened} of ${ROUNDS} opened and ${refused} refused`;
  const when = total === undefined ? 'never' : text(total, 1000);
  console.log(`opened inside the moment it has its name: ${how}, from the kernel's event ${when}`);
}

function guestNamed(name: string, { lxcPath }: TestAgent): LxcGuest {
  return createLxcGuest({ name, lxcPath });
}
