import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fixture } from '../kernel/listening.ts';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { executorOf } from './processes.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const BURST = 10_000;
const RULES = `
- rule: disk
  match: { subsystem: block, sysname: "loop36?" }
  guest: robust-burst
  take: all
- rule: memory
  match: { subsystem: mem, sysname: nothing-has-this-name }
  guest: robust-burst
`;
/** Devices of a subsystem that a rule names: no filter spares the agent anything. */
const NOISE = ['null', 'zero', 'full', 'random', 'urandom'].map((name) => `/sys/class/mem/${name}/uevent`);

describe.skipIf(!onTestHost)('while uevents come in a burst', () => {
  let scene: Scene;
  let guest: SceneGuest;

  beforeAll(async () => {
    scene = await createScene({ rules: RULES });
    guest = await scene.guest('robust-burst');
  });
  beforeEach(async () => {
    const inside = await guest.inside();
    plugLoop(360);
    await eventually(() => expect(inside.node('/dev/loop360')).toBe('b:7:360 0660 0:6'));
    await eventually(async () => expect((await scene.agent.status()).converged).toBe(true));
  });
  afterEach(async () => {
    const inside = await guest.inside();
    unplugLoop(361);
    await eventually(() => expect(inside.names()).toEqual([]));
  });
  afterAll(() => scene?.end());

  /** One device goes and another comes in the middle of what a process sleeps through. */
  const replugDuring = async (sleeper: number, burst: () => void) => {
    const before = await seen(scene);
    process.kill(sleeper, 'SIGSTOP');
    burst();
    unplugLoop(360);
    plugLoop(361);
    burst();
    process.kill(sleeper, 'SIGCONT');
    const inside = await guest.inside();
    await eventually(() => expect(inside.node('/dev/loop361')).toBe('b:7:361 0660 0:6'), 60_000);
    expect(inside.names()).toEqual(['loop361']);
    expect(inside.blockGrants()).toEqual(['b 7:361 rw']);
    await eventually(async () => expect(await isCalm(scene)).toBe(true), 60_000);
    return difference(before, await seen(scene));
  };

  test('the agent sleeps: what it did not read is healed by one enumeration, and nothing is done twice', async () => {
    const { lost, enumerations, made } = await replugDuring(scene.agent.pid(), () => makeNoise(BURST / 2));
    expect(lost.unread).toBeGreaterThanOrEqual(1);
    expect(enumerations).toBeGreaterThanOrEqual(1);
    expect(enumerations).toBeLessThanOrEqual(lost.unread + lost.gap + lost.unverified);
    expect(made).toEqual(['/dev/loop361']);
  });

  test('the executor sleeps: the kernel keeps everything, and nothing is done twice', async () => {
    const executor = executorOf(scene.agent.pid());
    const { lost, enumerations, made } = await replugDuring(executor, () => makeNoise(BURST / 2));
    expect(lost.overflow).toBe(0);
    // An agent that the machine gives no time may not have read all that came at once.
    expect(enumerations).toBeLessThanOrEqual(lost.unread + lost.gap + lost.unverified);
    expect(made).toEqual(['/dev/loop361']);
  });

  test('more comes than the kernel keeps for the executor: the loss is healed', async () => {
    const { lost, enumerations, made } = await replugDuring(executorOf(scene.agent.pid()), fillBuffers);
    expect(lost.overflow).toBeGreaterThanOrEqual(1);
    expect(enumerations).toBeGreaterThanOrEqual(1);
    expect(made).toEqual(['/dev/loop361']);
  });
});

/** Each event is of another device than the one before: none is folded into another. */
function makeNoise(count: number): void {
  for (let i = 0; i < count; i += 1) writeFileSync(NOISE[i % NOISE.length] ?? '', i % 2 === 0 ? 'add' : 'remove');
}

/** What nobody believes takes room all the same. */
function fillBuffers(): void {
  for (const group of ['1', '2']) {
    execFileSync(fixture('forge'), ['multicast', group, '1000'], { input: Buffer.alloc(60_000, 'x') });
  }
}

async function seen({ agent }: Scene) {
  const { counters } = await agent.status();
  const events = await agent.events();
  return { counters, events, last: events.at(-1)?.number ?? 0 };
}

function difference(before: Awaited<ReturnType<typeof seen>>, after: Awaited<ReturnType<typeof seen>>) {
  const grown = (name: string) => (after.counters[name] ?? 0) - (before.counters[name] ?? 0);
  const says = after.events.flatMap(({ number, says }) => (number > before.last ? says : []));
  return {
    enumerations: grown('enumerations_total'),
    // Other network namespaces use numbers of the same sequence: a gap is doubt, and no sign of a loss here.
    lost: {
      unread: grown('uevents_lost_unread_total'),
      overflow: grown('uevents_lost_overflow_total'),
      gap: grown('uevents_lost_gap_total'),
      // A process of udevd's that had ended before the executor could look who it was.
      unverified: grown('uevents_lost_unverified_total'),
    },
    made: says.flatMap((text) => [...text.matchAll(/\bmake (\S+)/g)].map(([, path]) => path)),
  };
}

async function isCalm({ agent }: Scene): Promise<boolean> {
  const heard = async () => Object.values((await agent.status()).counters).join();
  const first = await heard();
  await new Promise((resolve) => setTimeout(resolve, 500));
  return first === (await heard());
}
