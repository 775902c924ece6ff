import { assert } from 'vitest';
import { assign } from '../../src/devices/assign.ts';
import { desireGuest } from '../../src/devices/desire.ts';
import { isPlugged } from '../../src/devices/identity.ts';
import { performed } from '../../src/devices/ledger.ts';
import { observedPaths } from '../../src/devices/observed-paths.ts';
import { planGuest } from '../../src/devices/plan.ts';
import type { Action } from '../../src/model/action.ts';
import type { Device } from '../../src/model/device.ts';
import type { GuestLedger, Memory } from '../../src/model/ledger.ts';
import type { DesiredNode, Ownership } from '../../src/model/node.ts';
import { numberText } from '../../src/model/number.ts';
import type { ObservedGuest } from '../../src/model/observed.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { Rule } from '../../src/model/rule.ts';
import { emptyLedger, inventoryOf } from './make.ts';
import { emptyWorld, observe, perform, type World } from './world.ts';

/** One guest with everything around it, as a value: every step makes a new one. */
export interface Story {
  readonly guest: string;
  readonly rules: readonly Rule[];
  readonly devices: readonly Device[];
  readonly world: World;
  readonly ledger: GuestLedger;
  readonly memory: Memory;
  readonly confine: boolean;
  readonly now: number;
}

export function story(rules: readonly Rule[], devices: readonly Device[], said: Partial<Story> = {}): Story {
  const fresh = { world: emptyWorld(), ledger: emptyLedger(), memory: {}, confine: false, now: 1_000 };
  return { guest: 'web1', rules, devices, ...fresh, ...said };
}

export function desired({ rules, devices, guest }: Story): readonly DesiredNode[] {
  return desireGuest(assign(rules, inventoryOf(...devices)), guest).nodes;
}

export function plan(story: Story, seen: Partial<ObservedGuest> = {}): Plan {
  const nodes = desired(story);
  const { guest, ledger, memory, confine, now } = story;
  const observed = { ...observe(story.world, observedPaths(nodes, ledger)), ...seen };
  const plugged = (device: string) => isPlugged(inventoryOf(...story.devices), device);
  return planGuest({ guest, desired: nodes, observed, ledger, memory, confine, plugged, now });
}

/** One pass: plan, do it, write it down. */
export function pass(story: Story, look: (action: Action, after: Story) => void = () => {}): Story {
  const planned = plan(story);
  let now = story;
  let count = 0;
  for (const action of planned.actions) {
    const next = act(now, action);
    if (!next) break;
    look(action, next);
    now = next;
    count += 1;
  }
  return { ...now, ledger: performed(story.ledger, planned, planned.actions.slice(0, count)), memory: planned.memory };
}

/** Passes until there is nothing more to do. */
export function settle(story: Story): Story {
  let now = story;
  for (let passes = 0; passes < 3 && plan(now).actions.length > 0; passes += 1) now = pass(now);
  assert.deepEqual(plan(now).actions, [], 'three passes were not enough');
  return pass(pass(now)); // the second sees that nobody holds what the first has taken
}

/** Does one action. Only a folder that the guest uses may be refused: everything else that is, is a defect of the plan. */
export function act(story: Story, action: Action): Story | undefined {
  const performed = perform(story.world, action, known(story));
  if (performed.ok) return { ...story, world: performed.world };
  assert(
    action.verb === 'remove-folder' && performed.errno === 'ENOTEMPTY',
    `${JSON.stringify(action)} ${performed.errno}`,
  );
  return undefined;
}

function known({ devices }: Story): ReadonlySet<string> {
  return new Set(devices.flatMap(({ number }) => (number ? numberText(number) : [])));
}

/** The nodes that the guest should have and has, as they are. */
export function given(story: Story): readonly { readonly node: DesiredNode; readonly ownership: Ownership }[] {
  return desired(story).flatMap((node) => {
    const file = story.world.files.get(node.path);
    return file?.kind === 'device' && file.number === numberText(node.number)
      ? [{ node, ownership: file.ownership }]
      : [];
  });
}
