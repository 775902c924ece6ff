import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { childrenOf, executorOf, isAlive, workerOf } from './processes.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const CRASHES = 50;
const RULES = `
- rule: scanner
  match: { subsystem: block, sysname: "loop38?" }
  guest: robust-crash
  node: { path: /dev/bus/scanner, mode: "0660", owner: saned, group: scanner }
  links: [/dev/scanners/front]
- rule: other
  match: { subsystem: block, sysname: "loop390" }
  guest: robust-other
  node: { mode: "0600", owner: root, group: root }
`;
const EVERYTHING = ['bus/', 'bus/scanner', 'scanners/', 'scanners/front'];

describe.skipIf(!onTestHost)('killed', () => {
  let scene: Scene;
  let guest: SceneGuest;
  let other: SceneGuest;
  let plugged = 380;

  beforeAll(async () => {
    scene = await createScene({ rules: RULES });
    [guest, other] = await Promise.all([scene.guest('robust-crash'), scene.guest('robust-other')]);
    for (const number of [plugged, 390]) plugLoop(number);
    await isRight();
    await isOthersRight();
  });
  afterAll(async () => {
    await scene?.end();
    for (const number of [plugged, 390]) unplugLoop(number);
  });

  const isRight = async () => {
    const inside = await guest.inside();
    await eventually(() => expect(inside.node('/dev/bus/scanner')).toBe(`b:7:${plugged} 0660 106:107`));
    await eventually(() => expect(inside.names()).toEqual(EVERYTHING));
    await eventually(() => expect(inside.blockGrants()).toEqual([`b 7:${plugged} rw`]));
  };
  const isOthersRight = async () => {
    const inside = await other.inside();
    await eventually(() => expect(inside.names()).toEqual(['loop390']));
    expect(inside.blockGrants()).toEqual(['b 7:390 rw']);
  };
  const replug = () => {
    const next = plugged === 380 ? 381 : 380;
    unplugLoop(plugged);
    plugLoop(next);
    plugged = next;
  };

  const othersPass = async () => ({
    lastPass: (await scene.agent.guest('robust-other')).lastPass,
    enumerations: (await scene.agent.status()).counters.enumerations_total,
  });

  test(`${CRASHES} times at any moment of a replug, the agent finds its way back and the guest notices nothing`, async () => {
    const init = await guest.initPid();
    const times: number[] = [];
    for (let crash = 0; crash < CRASHES; crash += 1) {
      const executor = executorOf(scene.agent.pid());
      const processes = [executor, ...childrenOf(executor)];
      replug();
      await pause(momentOf(crash));
      await scene.agent.end('SIGKILL');
      await eventually(() => expect(processes.filter(isAlive)).toEqual([]));
      if (crash % 2 === 0) replug();
      const started = performance.now();
      await scene.agent.start();
      await isRight();
      times.push(performance.now() - started);
    }
    expect(await guest.initPid()).toBe(init);
    await eventually(async () => expect((await scene.agent.status()).converged).toBe(true));
    await isOthersRight();
    times.sort((a, b) => a - b);
    console.log(
      `from start to converged: median ${times[CRASHES / 2]?.toFixed()} ms, longest ${times.at(-1)?.toFixed()} ms`,
    );
  }, 600_000);

  test('its executor is started again, and what changed meanwhile is put right', async () => {
    const agent = scene.agent.pid();
    const executor = executorOf(agent);
    process.kill(executor, 'SIGKILL');
    replug();
    await isRight();
    expect(executorOf(agent)).not.toBe(executor);
    replug();
    await isRight();
    await isOthersRight();
  });

  test('its executor may be killed again as soon as it is there', async () => {
    const agent = scene.agent.pid();
    for (let time = 0; time < 5; time += 1) {
      const executor = await eventually(() => executorOf(agent));
      process.kill(executor, 'SIGKILL');
      await eventually(() => expect(isAlive(executor)).toBe(false));
    }
    replug();
    await isRight();
    // The door is the last thing that a new executor opens.
    await eventually(async () => expect((await scene.agent.status()).pid).toBe(agent));
    expect((await scene.agent.events()).filter(({ says }) => says.endsWith(': stopped'))).toEqual([]);
  });

  test('a worker takes nobody else with it', async () => {
    await eventually(async () => expect((await scene.agent.status()).converged).toBe(true));
    const before = await othersPass();
    const executor = executorOf(scene.agent.pid());
    const worker = workerOf(executor, await guest.initPid());
    process.kill(worker, 'SIGKILL');
    // Nobody asks for anything: what only the guest does has to be noticed all the same.
    await guest.attach('rm', '/dev/bus/scanner');
    await isRight();
    replug();
    await isRight();
    expect(executorOf(scene.agent.pid())).toBe(executor);
    const after = await othersPass();
    // A loss that the machine makes the agent suspect has every guest looked at.
    if (after.enumerations === before.enumerations) expect(after.lastPass).toBe(before.lastPass);
  });

  test('by SIGTERM, the agent ends well: its sockets go, the guests keep what they have', async () => {
    const executor = executorOf(scene.agent.pid());
    expect(await scene.agent.end('SIGTERM')).toBe(0);
    expect(isAlive(executor)).toBe(false);
    const { controlSocket, hookSocket } = scene.agent;
    const sockets = [controlSocket, hookSocket, controlSocket.replace('control', 'agent')];
    expect(sockets.filter((path) => existsSync(path))).toEqual([]);
    await isRight();
    await isOthersRight();
  });
});

/** Every second one within the few milliseconds in which a node is made. */
function momentOf(crash: number): number {
  return crash % 2 === 0 ? (crash / 2) % 6 : Math.random() * 120;
}
