import type { Memory } from '../../model/ledger.ts';
import type { DesiredNode, Ownership } from '../../model/node.ts';
import type { GuestNames } from '../../model/observed.ts';

export interface Resolved {
  /** What the rule states, in the guest's numbers. */
  readonly stated: Partial<Ownership>;
  /** For a new node: what is stated, else what is remembered, else what the host has. */
  readonly fresh: Ownership;
}

/** A name that the rule states and the guest does not know. */
export interface UnknownName {
  readonly unknown: string;
}

/** A node's ownership by the guest's own names. A host's name that the guest does not know becomes 0: nobody gains by it. */
export function resolveOwnership(node: DesiredNode, names: GuestNames, memory: Memory): Resolved | UnknownName {
  const { mode, owner, group } = node.stated;
  const uid = owner === undefined ? undefined : idOf(owner, names.users);
  const gid = group === undefined ? undefined : idOf(group, names.groups);
  if (owner !== undefined && uid === undefined) return { unknown: `user ${owner}` };
  if (group !== undefined && gid === undefined) return { unknown: `group ${group}` };
  const stated = {
    ...(mode !== undefined && { mode }),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
  };
  return { stated, fresh: { ...initialOwnership(node, names), ...remembered(memory, node.memory), ...stated } };
}

export function remembered(memory: Memory, key: string): Partial<Ownership> {
  return (Object.hasOwn(memory, key) ? memory[key] : undefined) ?? {};
}

export function sameOwnership(a: Ownership, b: Ownership): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}

function initialOwnership({ initial }: DesiredNode, names: GuestNames): Ownership {
  const { mode, owner, group } = initial;
  return { mode, uid: names.users.get(owner) ?? 0, gid: names.groups.get(group) ?? 0 };
}

function idOf(text: string, ids: ReadonlyMap<string, number>): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : ids.get(text);
}
