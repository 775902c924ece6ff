import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { plugLoop, unplugLoop } from './loop-number.ts';
import { onTestHost } from './namespace.ts';
import { holderOf } from './processes.ts';
import { createScene, type Scene, type SceneGuest } from './scene.ts';

const LOOP = 471;
const NODE = `/dev/loop${LOOP}`;
type Unplug = 'keep' | 'term';

const rules = (guest: string, unplug: Unplug) => `
- rule: disk
  match: { subsystem: block, sysname: loop${LOOP} }
  guest: ${guest}
  unplug: ${unplug}
- rule: bystander
  match: { subsystem: mem, sysname: kmsg }
  guest: [handover-one, handover-two]
  node: { path: /dev/bystander }
`;

describe.skipIf(!onTestHost)('a device goes from one guest to the other', () => {
  let scene: Scene;
  let one: SceneGuest;
  let two: SceneGuest;

  beforeAll(async () => {
    scene = await createScene({ rules: rules('handover-one', 'keep') });
    [one, two] = await Promise.all([scene.guest('handover-one'), scene.guest('handover-two')]);
    plugLoop(LOOP);
  });
  afterAll(async () => {
    await scene?.end();
    unplugLoop(LOOP);
  });

  const has = async (guest: SceneGuest) => {
    const inside = await guest.inside();
    return inside.names().includes(`loop${LOOP}`) || inside.blockGrants().length > 0;
  };
  const isWith = (owner: SceneGuest, other: SceneGuest) =>
    eventually(async () => {
      expect([await has(owner), await has(other)]).toEqual([true, false]);
    });

  /** Whoever begins it is back before it has opened anything. */
  const isHeld = () =>
    eventually(() => expect(readFileSync(`/proc/${holderOf(`/loop${LOOP}`)}/comm`, 'utf8')).toBe('sleep\n'));

  test('to and fro, and is never with both', async () => {
    await isWith(one, two);
    const seen = new Set<string>();
    let ends = false;
    const probe = (async () => {
      const [left, right] = await Promise.all([one.inside(), two.inside()]);
      while (!ends) {
        // What the first look sees may be gone at the second, but what both see was there at once when the first sees it again.
        const before = left.blockGrants().length;
        const other = right.blockGrants().length;
        seen.add(`${Math.min(before, left.blockGrants().length)} ${other}`);
        await new Promise(setImmediate);
      }
    })();
    for (let time = 0; time < 6; time += 1) {
      const [to, from] = time % 2 === 0 ? [two, one] : [one, two];
      scene.agent.rules(rules(to.name, 'keep'));
      await isWith(to, from);
    }
    ends = true;
    await probe;
    expect([...seen]).not.toContain('1 1');
    expect(seen.has('1 0') && seen.has('0 1')).toBe(true);
    const told = (await scene.agent.events()).map(({ says }) => says);
    expect(told.filter((says) => says.includes('/dev/bystander'))).toHaveLength(2); // once in each guest: only the difference is done
  });

  test('keep: waits for the process that has it open, and is told which; then it is given', async () => {
    await isWith(one, two);
    await one.attach('sh', '-c', `sleep 1000 < ${NODE} > /dev/null 2>&1 & echo $! > /tmp/holder`);
    await isHeld();
    scene.agent.rules(rules('handover-two', 'keep'));
    await eventually(async () => {
      expect((await scene.agent.guest(two.name)).refusals).toMatchObject([
        { code: 'E_HELD', detail: expect.stringMatching(/^guest handover-one holds b:7:471 open: sleep \(\d+\)$/) },
      ]);
    });
    expect([await has(one), await has(two)]).toEqual([false, false]);
    const { rules: verdicts } = await scene.agent.why(NODE);
    expect(verdicts.find(({ rule }) => rule === 'disk')?.refusal?.detail).toMatch(/sleep \(\d+\)/);
    await eventually(async () =>
      expect((await scene.agent.events()).map(({ says }) => says)).toContainEqual(
        expect.stringMatching(/^E_HELD handover-two:\/dev\/loop471: .* sleep \(\d+\)/),
      ),
    );
    await one.attach('sh', '-c', 'kill $(cat /tmp/holder)');
    await isWith(two, one);
    await eventually(async () => expect((await scene.agent.guest(two.name)).refusals).toEqual([]));
  });

  test('term: the process that has it open is ended, and the other guest has it', async () => {
    scene.agent.rules(rules('handover-two', 'term'));
    await isWith(two, one);
    await eventually(async () =>
      expect((await scene.agent.guest(two.name)).nodes.map(({ unplug }) => unplug)).toContain('term'),
    );
    await two.attach('sh', '-c', `sleep 1000 < ${NODE} > /dev/null 2>&1 &`);
    await isHeld();
    scene.agent.rules(rules('handover-one', 'term'));
    await isWith(one, two);
    const told = (await scene.agent.events()).filter(({ says }) => says.includes('send SIGTERM to sleep ('));
    expect(told).toHaveLength(1);
  });
});
