// Side by side in one run: hostler, the RUN+= scripts that people had, and the bare system calls. As root: npm run bench
import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { heedInterruption } from '../src/cli/demo/interruption.ts';
import { devicesCgroup } from '../test/scenarios/devices-cgroup.ts';
import { plugLoop, unplugLoop } from '../test/scenarios/loop-number.ts';
import { createLxcGuest, type LxcGuest } from '../test/scenarios/lxc-guest.ts';
import { onTestHost } from '../test/scenarios/namespace.ts';
import { createTestAgent, type TestAgent } from '../test/scenarios/test-agent.ts';
import { startUdevd } from '../test/scenarios/udevd.ts';
import { busy } from './busy.ts';
import { type Figures, figures, milliseconds } from './figures.ts';
import { inNamespaces } from './in-namespaces.ts';
import { printMoments } from './moments.ts';
import { descendants, residentMb, wakeups } from './process.ts';
import { installRival } from './rival-script.ts';
import { printRatios, printRows, type Row, rowOf, udevUs } from './rows.ts';
import { compiled, type Stopwatch, startStopwatch } from './stopwatch.ts';

const TIMES = Number(process.env.TIMES ?? 200);
const RIVAL_TIMES = Number(process.env.RIVAL_TIMES ?? 30);
const SETTLE_MS = 150;
const UNRELATED = 10_000;
const UNWANTED = 300;
const IDLE_S = Number(process.env.IDLE_S ?? 60);
const RULES = `
- rule: scanner
  match: { subsystem: block, sysname: "loop1???" }
  guest: bench
  node: { mode: "0660", owner: root, group: scanner }
`;

const LOOPS = 'loop1???';
const DEVICES = { match: `SUBSYSTEM=="block", KERNEL=="${LOOPS}"`, type: 'b', names: LOOPS } as const;

const interrupted = heedInterruption();

if (onTestHost) await bench();
else await inNamespaces(import.meta.filename);

async function bench(): Promise<void> {
  const udevd = await startUdevd();
  const agent = createTestAgent();
  const guest = createLxcGuest({ name: 'bench', lxcPath: agent.lxcPath });
  try {
    agent.rules(RULES);
    await guest.start();
    const stopwatch = await startStopwatch(await guest.initPid(), LOOPS);
    await agent.start();
    const { done: hostler, agentUs } = await busy(agent, () => measure('hostler', stopwatch, TIMES, 1000));
    console.log(`a device that is given and taken: agent ${(agentUs / TIMES).toFixed(0)} us of CPU`);
    await unrelatedEvents(agent);
    await unwantedDevices(agent);
    await idle(agent);
    await agent.end('SIGTERM');
    await stopwatch.stop();
    await guest.stop();

    const rows = [hostler];
    for (const [at, rival] of (['nsenter', 'lxc-device'] as const).entries()) {
      await guest.start();
      const watch = await startStopwatch(await guest.initPid(), LOOPS);
      const remove = installRival({ rival, guest: 'bench', lxcPath: agent.lxcPath, folder: agent.folder, ...DEVICES });
      rows.push(await measure(`RUN+= ${rival}`, watch, RIVAL_TIMES, 1400 + 100 * at, udevUs(hostler)));
      remove();
      await watch.stop();
      await guest.stop();
    }
    await guest.start();
    print(rows, await raw(guest));
    await printMoments(interrupted);
  } catch (error) {
    if (!interrupted.aborted) throw error;
    console.error(`bench: ${interrupted.reason.message}`);
    process.exitCode = 1;
  } finally {
    await guest.destroy();
    await agent.destroy();
    await udevd.stop();
  }
}

async function measure(who: string, watch: Stopwatch, times: number, first: number, udev?: number): Promise<Row> {
  for (let number = first; number < first + times; number += 1) {
    plugLoop(number);
    await pause(SETTLE_MS); // whoever measures keeps still meanwhile: there are two processors
    unplugLoop(number);
    await pause(SETTLE_MS);
    interrupted.throwIfAborted();
  }
  return rowOf(who, watch.plugs(), udev);
}

async function unrelatedEvents(agent: TestAgent): Promise<void> {
  const { agentUs, executorUs } = await busy(agent, async () =>
    execFileSync('sh', [
      '-c',
      `i=0; while [ $i -lt ${UNRELATED} ]; do echo change > /sys/class/mem/null/uevent; i=$((i+1)); done`,
    ]),
  );
  const [own, executor] = [agentUs, executorUs].map((us) => (us / UNRELATED).toFixed(2));
  console.log(`${UNRELATED} unrelated uevents: agent ${own} us, executor ${executor} us of CPU each`);
}

/** Devices of a subsystem that a rule names and that it does not match: each has to be looked at. */
async function unwantedDevices(agent: TestAgent): Promise<void> {
  const before = await heard(agent);
  const { agentUs, executorUs } = await busy(agent, async () => {
    for (let number = 2000; number < 2000 + UNWANTED; number += 1) {
      plugLoop(number);
      unplugLoop(number);
    }
  });
  const events = (await heard(agent)) - before;
  const [each, own, executor] = [agentUs / UNWANTED, agentUs / events, executorUs / events].map((us) => us.toFixed(0));
  console.log(
    `${UNWANTED} devices that a rule looks at and does not match, ${events} uevents: agent ${own} us, executor ${executor} us of CPU for each uevent, agent ${each} us for each device`,
  );
}

/** Uevents that reached the agent. */
async function heard(agent: TestAgent): Promise<number> {
  const { uevents_kernel_total: kernel = 0, uevents_udev_total: udev = 0 } = (await agent.status()).counters;
  return kernel + udev;
}

async function idle(agent: TestAgent): Promise<void> {
  const own = [agent.pid(), ...descendants(agent.pid())];
  await pause(3000);
  const before = own.map(wakeups);
  await pause(IDLE_S * 1000, undefined, { signal: interrupted });
  const woken = own.map((pid, at) => wakeups(pid) - (before[at] ?? 0));
  const resident = own.map((pid) => residentMb(pid).toFixed(1));
  console.log(`idle for ${IDLE_S} s: wake-ups agent ${woken[0]}, executor ${woken[1]}, worker ${woken[2]}`);
  console.log(`resident: agent ${resident[0]} MB, executor ${resident[1]} MB, worker ${resident[2]} MB`);
}

async function raw(guest: LxcGuest): Promise<{ readonly bring: Figures; readonly take: Figures }> {
  const pid = await guest.initPid();
  const text = execFileSync(compiled('raw'), [`/proc/${pid}/root`, devicesCgroup(pid), '0', '1000'], {
    encoding: 'utf8',
  });
  const pairs = text
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number));
  return { bring: figures(pairs.map(([us = 0]) => us)), take: figures(pairs.map(([, us = 0]) => us)) };
}

function print(rows: readonly Row[], bare: { readonly bring: Figures; readonly take: Figures }): void {
  console.log('');
  printRows(rows);
  console.log(
    `the bare system calls        in ${milliseconds(bare.bring.median)} (${milliseconds(bare.bring.p99)}), out ${milliseconds(bare.take.median)} (${milliseconds(bare.take.p99)})`,
  );
  console.log(`missed: not usable within ${SETTLE_MS} ms of being plugged in; left out of the medians`);
  const [hostler, ...rivals] = rows;
  if (hostler?.share === undefined) return;
  printRatios(hostler, rivals);
  console.log(`our share is ${(hostler.share.median / bare.bring.median).toFixed(1)} times the bare system calls`);
}
