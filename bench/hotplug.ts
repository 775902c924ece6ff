// Side by side in one run: hostler, the RUN+= scripts that people had, and the bare system calls. As root: npm run bench
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createLxcGuest, type LxcGuest } from '../src/cli/demo/lxc-guest.ts';
import { plugLoop, unplugLoop } from '../test/scenarios/loop-number.ts';
import { onTestHost } from '../test/scenarios/namespace.ts';
import { createTestAgent, type TestAgent } from '../test/scenarios/test-agent.ts';
import { startUdevd } from '../test/scenarios/udevd.ts';
import { type Figures, figures, milliseconds } from './figures.ts';
import { cpuNs, descendants, residentMb, wakeups } from './process.ts';
import { installRival } from './rival-script.ts';
import { compiled, devicesCgroup, type Sightings, type Stopwatch, startStopwatch } from './stopwatch.ts';

const ROOT = join(import.meta.dirname, '..');
const TIMES = Number(process.env.TIMES ?? 200);
const RIVAL_TIMES = Number(process.env.RIVAL_TIMES ?? 30);
const SETTLE_MS = 150;
const UNRELATED = 10_000;
const IDLE_S = Number(process.env.IDLE_S ?? 60);
const RULES = `
- rule: scanner
  match: { subsystem: block, sysname: "loop1???" }
  guest: bench
  node: { mode: "0660", owner: root, group: scanner }
`;

interface Row {
  readonly who: string;
  readonly total: Figures;
  readonly share: Figures;
  readonly gone: Figures;
  readonly missed: number;
}

if (onTestHost) await bench();
else inNamespaces();

// What is measured, and what plugs devices in, is built here: npm start builds only the first.
function inNamespaces(): void {
  if (spawnSync('unshare', ['-m', '-n', 'true']).status !== 0) {
    console.error(
      'bench: real guests and devices take root that may make namespaces (CAP_SYS_ADMIN): sudo npm run bench',
    );
    process.exitCode = 77;
    return;
  }
  execFileSync('make', ['--silent', '-C', join(ROOT, 'native'), 'all', 'fixtures'], { stdio: 'inherit' });
  const script = join(ROOT, 'scripts/namespace.sh');
  execFileSync('unshare', ['-m', '-n', 'sh', script, process.execPath, import.meta.filename], { stdio: 'inherit' });
}

async function bench(): Promise<void> {
  const udevd = await startUdevd();
  const agent = createTestAgent();
  const guest = createLxcGuest({ name: 'bench', lxcPath: agent.lxcPath });
  try {
    agent.rules(RULES);
    await guest.start();
    const stopwatch = await startStopwatch(await guest.initPid());
    await agent.start();
    const hostler = await measure('hostler', stopwatch, TIMES, 1000, 0);
    await unrelatedEvents(agent);
    await idle(agent);
    await agent.end('SIGTERM');
    await guest.stop();
    stopwatch.stop();

    const rows = [hostler];
    for (const [at, rival] of (['nsenter', 'lxc-device'] as const).entries()) {
      await guest.start();
      const watch = await startStopwatch(await guest.initPid());
      const remove = installRival(rival, 'bench', agent.lxcPath, agent.folder);
      rows.push(await measure(`RUN+= ${rival}`, watch, RIVAL_TIMES, 1400 + 100 * at, medianUdevUs(hostler)));
      remove();
      watch.stop();
      await guest.stop();
    }
    await guest.start();
    print(rows, await raw(guest));
  } finally {
    await guest.destroy();
    await agent.destroy();
    await udevd.stop();
  }
}

// A script runs before udev's event: what it adds is its time from the kernel's event less what udev takes without it.
async function measure(who: string, watch: Stopwatch, times: number, first: number, udevUs: number): Promise<Row> {
  const seen: Sightings[] = [];
  for (let number = first; number < first + times; number += 1) {
    plugLoop(number);
    await pause(SETTLE_MS); // whoever measures keeps still meanwhile: there are two processors
    unplugLoop(number);
    await pause(SETTLE_MS);
    seen.push(watch.sightings(`loop${number}`));
  }
  const between = (from: string, to: string) =>
    seen.flatMap((one) => (one.has(from) && one.has(to) ? [Number(one.get(to)) - Number(one.get(from))] : []));
  const total = between('kernel-add', 'usable');
  return {
    who,
    total: figures(total),
    share: figures(udevUs === 0 ? between('udev-add', 'usable') : total.map((us) => us - udevUs)),
    gone: figures(between('kernel-remove', 'gone')),
    missed: times - total.length,
  };
}

function medianUdevUs({ total, share }: Row): number {
  return total.median - share.median;
}

async function unrelatedEvents(agent: TestAgent): Promise<void> {
  const own = [agent.pid(), ...descendants(agent.pid())];
  const [pid = 0, executor = 0] = own;
  const before = [cpuNs(pid), cpuNs(executor)];
  execFileSync('sh', [
    '-c',
    `i=0; while [ $i -lt ${UNRELATED} ]; do echo change > /sys/class/mem/null/uevent; i=$((i+1)); done`,
  ]);
  await pause(2000);
  const us = [cpuNs(pid), cpuNs(executor)].map((now, at) => (now - (before[at] ?? 0)) / UNRELATED / 1000);
  console.log(
    `${UNRELATED} unrelated uevents: agent ${us[0]?.toFixed(2)} us, executor ${us[1]?.toFixed(2)} us of CPU each`,
  );
}

async function idle(agent: TestAgent): Promise<void> {
  const own = [agent.pid(), ...descendants(agent.pid())];
  await pause(3000);
  const before = own.map(wakeups);
  await pause(IDLE_S * 1000);
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
  console.log(
    '\nmilliseconds, median (p99)   kernel event -> usable   own share           kernel remove -> gone   missed',
  );
  for (const { who, total, share, gone, missed } of rows) {
    const cells = [total, share, gone].map((one) =>
      `${milliseconds(one.median)} (${milliseconds(one.p99)})`.padEnd(22),
    );
    console.log(`${who.padEnd(28)} ${cells.join('  ')} ${missed} of ${total.count + missed}`);
  }
  console.log(
    `the bare system calls        in ${milliseconds(bare.bring.median)} (${milliseconds(bare.bring.p99)}), out ${milliseconds(bare.take.median)} (${milliseconds(bare.take.p99)})`,
  );
  console.log(`missed: not usable within ${SETTLE_MS} ms of being plugged in; left out of the medians`);
  const [hostler, ...rivals] = rows;
  for (const { who, share, total } of rivals) {
    if (hostler === undefined) continue;
    console.log(
      `${who}: ${(share.median / hostler.share.median).toFixed(0)} times our share, ${(total.median / hostler.total.median).toFixed(1)} times from the kernel's event`,
    );
  }
  if (hostler)
    console.log(`our share is ${(hostler.share.median / bare.bring.median).toFixed(1)} times the bare system calls`);
}
