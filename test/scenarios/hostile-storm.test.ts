import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { type HostileGuest, startHostileGuest } from './hostile-guest.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { childrenOf, executorOf } from './processes.ts';
import { createScene, type Scene } from './scene.ts';

const STORM_S = 3;
const PACE_MS = 10;
const CORRECTIONS = 5;
const WINDOW_MS = 60_000;
const RULES = `
- rule: storm
  match: { subsystem: block, sysname: "loop331" }
  guest: hostile-storm
  node: { path: /dev/scanners/unit, mode: "0640" }
- rule: steady
  match: { subsystem: block, sysname: "loop332" }
  guest: hostile-storm
  node: { path: /dev/steady, mode: "0640" }
- rule: other
  match: { subsystem: block, sysname: "loop341" }
  guest: hostile-other
`;

describe.skipIf(!onTestHost)('a guest that does not rest', () => {
  let scene: Scene;
  let busy: HostileGuest;
  let other: HostileGuest;

  beforeAll(async () => {
    scene = await createScene({ rules: RULES });
    busy = await startHostileGuest(scene, 'hostile-storm');
    other = await startHostileGuest(scene, 'hostile-other');
    await busy.shell.run('touch /dev/noise');
  });
  const plugged: number[] = [];
  const plug = (number: number) => {
    plugLoop(number);
    plugged.push(number);
  };
  afterEach(() => {
    for (const number of plugged.splice(0)) unplugLoop(number);
  });
  afterAll(async () => {
    await busy?.shell.end();
    await other?.shell.end();
    await scene?.end();
  });

  const isRight = (path: string, number: number) =>
    expect(busy.inside.node(path)).toMatch(new RegExp(`^b:7:${number} 0640 `));
  const passes = async () => Number((await scene.agent.status()).counters.passes_total);
  const told = async (pattern: RegExp) => (await scene.agent.events()).filter(({ says }) => pattern.test(says)).length;

  test('and changes its /dev in a loop costs a bounded share, and another guest gets its device meanwhile', async () => {
    const executor = executorOf(scene.agent.pid());
    const pids = [scene.agent.pid(), executor, ...childrenOf(executor)];
    const before = cpuSeconds(pids);
    const passesBefore = await passes();
    const start = performance.now();
    const storm = busy.shell.run(`storm /dev/noise ${STORM_S}`);
    await pause(STORM_S * 500);
    const since = performance.now();
    plug(341);
    await eventually(() => expect(other.inside.names()).toContain('loop341'));
    const otherMs = performance.now() - since;
    plug(331);
    await eventually(() => isRight('/dev/scanners/unit', 331));
    const changes = (await storm).split(' ')[1];
    const used = cpuSeconds(pids) - before;
    const passed = (await passes()) - passesBefore;
    say(
      `${changes} changes in ${STORM_S} s: agent and executor ${used.toFixed(2)} s of CPU, ${passed} passes, other guest ${otherMs.toFixed()} ms`,
    );
    expect(passed).toBeLessThan((2 * (performance.now() - start)) / PACE_MS + 50);
    await eventually(async () => expect(await scene.agent.guest('hostile-storm')).toMatchObject({ converged: true }));
    isRight('/dev/scanners/unit', 331);
  });

  test('and replaces a folder is watched in the new one', async () => {
    plug(331);
    await eventually(() => isRight('/dev/scanners/unit', 331));
    await busy.shell.run('mv /dev/scanners /dev/former; mkdir /dev/scanners');
    await eventually(() => isRight('/dev/scanners/unit', 331));
    await eventually(async () => expect(await scene.agent.guest('hostile-storm')).toMatchObject({ converged: true }));
    await busy.shell.run('rm -rf /dev/former; chmod 0600 /dev/scanners/unit');
    await eventually(() => isRight('/dev/scanners/unit', 331));
  });

  test(`and undoes what is made is corrected ${CORRECTIONS} times a minute, and is right when it rests`, async () => {
    plug(331);
    plug(332);
    await eventually(() => isRight('/dev/scanners/unit', 331));
    await eventually(() => isRight('/dev/steady', 332));
    const [made, set] = [await told(/make \/dev\/scanners\/unit/), await told(/set \/dev\/steady/)];
    const since = performance.now();
    await busy.shell.run('(while [ ! -e /tmp/rest ]; do rm -f /dev/scanners/unit; chmod 0600 /dev/steady; done) &');
    for (const path of ['/dev/scanners/unit', '/dev/steady']) {
      await eventually(async () => expect(await told(new RegExp(`E_FIGHT hostile-storm:${path}:`))).toBe(1));
    }
    await pause(1000);
    expect(await told(/make \/dev\/scanners\/unit/)).toBeLessThanOrEqual(made + CORRECTIONS);
    expect(await told(/set \/dev\/steady/)).toBe(set + CORRECTIONS);
    await busy.shell.run('touch /tmp/rest');
    await eventually(() => {
      isRight('/dev/scanners/unit', 331);
      isRight('/dev/steady', 332);
    }, 2 * WINDOW_MS);
    say(`right again after ${((performance.now() - since) / 1000).toFixed(1)} s`);
    await eventually(async () => expect((await scene.agent.guest('hostile-storm')).refusals).toEqual([]));
  }, 240_000);
});

/** User and system time of processes, proc_pid_stat(5). */
function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids.flatMap((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return [Number(fields[11]), Number(fields[12])];
  });
  return ticks.reduce((sum, one) => sum + one, 0) / 100;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
