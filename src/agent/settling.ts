import { groupKey } from '../devices/group.ts';
import { keyOf, keyOfDesired, plugKey } from '../devices/node-key.ts';
import { isPartOf } from '../devices/physical.ts';
import { unseenParts } from '../devices/unseen-parts.ts';
import type { Refusal } from '../model/failure.ts';
import type { DesiredNode } from '../model/node.ts';
import type { GuestRecord, Settling, World } from './world.ts';

/** So long the parts of a device are waited for; what comes later is added. */
const SETTLE_MS = 3000;

export interface Settled {
  readonly nodes: readonly DesiredNode[];
  readonly refusals: readonly Refusal[];
  /** Monotonic ms at which nobody waits any longer. */
  readonly wakeAt?: number;
}

/** The nodes without the groups that are not begun, since parts of their devices are still to come. */
export function withoutUnsettled(world: World, record: GuestRecord, nodes: readonly DesiredNode[]): Settled {
  const now = world.ports.clock.now();
  const waiting = unsettledGroups(world, record, nodes);
  record.settling = new Map(waiting.map(({ key, since, root }) => [key, { since, root }]));
  const held = waiting.filter(({ since }) => now < since + SETTLE_MS);
  const overdue = waiting.filter((group) => !held.includes(group));
  const heldNodes = new Set(held.flatMap((group) => group.nodes));
  return {
    nodes: nodes.filter((node) => !heldNodes.has(node)),
    refusals: overdue.flatMap((group) => given(record.guest.name, group)),
    ...(held.length > 0 && { wakeAt: Math.min(...held.map(({ since }) => since + SETTLE_MS)) }),
  };
}

/** Something was said of these devices: perhaps what a group was waiting for. */
export function lookAtSettling({ records, queue }: World, devpaths: readonly string[]): void {
  for (const [name, { settling }] of records) {
    const isMeant = [...settling.values()].some(({ root }) => devpaths.some((devpath) => isPartOf(devpath, root)));
    if (isMeant) queue.add(name);
  }
}

/** A group that is not begun, or was begun without some of its parts. */
interface Unsettled extends Settling {
  readonly key: string;
  readonly nodes: readonly DesiredNode[];
  readonly unseen: readonly string[];
}

function unsettledGroups(world: World, record: GuestRecord, nodes: readonly DesiredNode[]): readonly Unsettled[] {
  const begun = new Set(record.ledger.nodes.map((node) => plugKey(node, keyOf(node))));
  const isBegun = (node: DesiredNode) => begun.has(plugKey(node, keyOfDesired(node)));
  return [...Map.groupBy(nodes, groupKey)].flatMap(([key, group]) => {
    const root = group[0]?.group?.root;
    const since = record.settling.get(key ?? '')?.since;
    if (key === undefined || root === undefined || (since === undefined && group.some(isBegun))) return [];
    const unseen = unseenOf(world, group);
    return unseen.length === 0 ? [] : [{ key, root, nodes: group, unseen, since: since ?? world.ports.clock.now() }];
  });
}

function unseenOf({ inventory, udevDebt }: World, [first]: readonly DesiredNode[]): readonly string[] {
  return first?.group === undefined ? [] : unseenParts(first.group, inventory, udevDebt.owed());
}

function given(guest: string, { nodes: [first], unseen }: Unsettled): readonly Refusal[] {
  if (first?.group === undefined) return [];
  const detail = `${first.group.text} is given without what did not come in ${SETTLE_MS / 1000} s: ${unseen.join(', ')}`;
  return [{ code: 'W_UNSETTLED', subject: `${guest}:${first.rule}`, detail, rule: first.rule }];
}
