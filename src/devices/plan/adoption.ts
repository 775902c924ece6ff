import type { Memory, OwnedNode } from '../../model/ledger.ts';
import type { DesiredNode, Ownership, StatedOwnership } from '../../model/node.ts';
import type { ObservedGuest } from '../../model/observed.ts';
import { keyOf, type NodeKey } from '../node-key.ts';
import { remembered } from './ownership.ts';
import { entryIn } from './scene.ts';

/**
 * The guest's memory with what was changed inside since the last pass, of all that no rule states. A node that is about
 * to go is looked at too: its device may come back.
 */
export function adoptChanges(
  nodes: readonly OwnedNode[],
  desired: ReadonlyMap<NodeKey, DesiredNode>,
  observed: ObservedGuest,
  memory: Memory,
): Memory {
  let adopted = memory;
  for (const owned of nodes) {
    const wish = desired.get(keyOf(owned));
    const changed = changedInside(owned, wish?.stated ?? {}, observed);
    const key = wish?.memory ?? owned.memory;
    if (changed) adopted = { ...adopted, [key]: { ...remembered(adopted, key), ...changed } };
  }
  return adopted;
}

function changedInside(owned: OwnedNode, stated: StatedOwnership, observed: ObservedGuest) {
  const entry = entryIn(observed, owned.path);
  // Without a confirmed ownership nobody can say who changed it.
  if (!owned.ownership || entry.kind !== 'device' || entry.number !== owned.number) return undefined;
  return unstatedChanges(owned.ownership, entry.ownership, stated);
}

function unstatedChanges(last: Ownership, now: Ownership, stated: StatedOwnership): Partial<Ownership> | undefined {
  const changes = {
    ...(stated.mode === undefined && now.mode !== last.mode && { mode: now.mode }),
    ...(stated.owner === undefined && now.uid !== last.uid && { uid: now.uid }),
    ...(stated.group === undefined && now.gid !== last.gid && { gid: now.gid }),
  };
  return Object.keys(changes).length === 0 ? undefined : changes;
}
