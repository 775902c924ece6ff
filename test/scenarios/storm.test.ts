import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const PAIRS = 1000;
const RULES = `
- rule: disk
  match: { subsystem: block, sysname: loop395 }
  guest: robust-storm
`;
/** Devices of a subsystem that no rule names. */
const OTHERS = ['null', 'zero', 'full', 'random', 'urandom'].map((name) => `/sys/class/mem/${name}/uevent`);

describe.skipIf(!onTestHost)('Storm', () => {
  let scene: Scene;
  let guest: SceneGuest;

  beforeAll(async () => {
    scene = await createScene({ rules: RULES });
    guest = await scene.guest('robust-storm');
    await eventually(async () => expect((await scene.agent.status()).converged).toBe(true));
  });
  afterAll(() => scene?.end());

  test(`${PAIRS} devices that no rule matches come and go: nobody wakes the agent, and the one that is meant is given in the middle`, async () => {
    const inside = await guest.inside();
    const before = await heard(scene);
    const woken = wakeUps(scene.agent.pid());
    makePairs(PAIRS / 2);
    plugLoop(395);
    makePairs(PAIRS / 2);
    await eventually(() => expect(inside.names()).toEqual(['loop395']), 60_000);
    expect(wakeUps(scene.agent.pid()) - woken).toBeLessThan(PAIRS / 20);
    unplugLoop(395);
    await eventually(() => expect(inside.names()).toEqual([]), 60_000);
    expect((await heard(scene)) - before).toBeLessThan(PAIRS / 10);
  });
});

function makePairs(count: number): void {
  for (let i = 0; i < count; i += 1) {
    for (const action of ['remove', 'add']) writeFileSync(OTHERS[i % OTHERS.length] ?? '', action);
  }
}

/** Uevents that reached the agent. */
async function heard({ agent }: Scene): Promise<number> {
  const { uevents_kernel_total: kernel = 0, uevents_udev_total: udev = 0 } = (await agent.status()).counters;
  return kernel + udev;
}

/** How often its main thread waited for something and went on, proc_pid_status(5). */
function wakeUps(pid: number): number {
  const [, count] = /^voluntary_ctxt_switches:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(count);
}
