import type { Action } from '../model/action.ts';
import type { GuestLedger, OwnedNode, Released } from '../model/ledger.ts';
import type { Ownership } from '../model/node.ts';
import type { Plan } from '../model/plan.ts';
import { accessByNumber, accessWithout, inOrder } from './access.ts';
import { keyOf, linkKey } from './node-key.ts';
import { toldAfter, toldPerhaps } from './plan/tell.ts';

type Grants = GuestLedger['grants'];

/**
 * What to write down before a plan is performed: all that is ours now, and all that will be. After a crash at any step this
 * ledger knows everything in the guest that is ours. The ownership of a node is what was set last for certain, so that nobody
 * takes a half-done change for the guest's own. The plan's memory has to be written no later than this.
 */
export function intent(ledger: GuestLedger, plan: Plan): GuestLedger {
  const { after } = plan;
  return {
    instance: after.instance,
    nodes: union(ledger.nodes, unconfirmed(ledger, plan), keyOf),
    links: union(ledger.links, after.links, linkKey),
    folders: [...new Set([...ledger.folders, ...after.folders])].sort(),
    grants: inOrder(accessByNumber([...ledger.grants, ...after.grants])),
    // Who was told before: a signal that was not sent is sent again.
    released: union(after.released.map(untold), ledger.released, releasedKey),
    corrections: after.corrections,
    told: toldPerhaps(ledger.told ?? [], plan.actions, after.told ?? []),
    ...(ledger.listens && { listens: true }),
    ...(ledger.service !== undefined && { service: ledger.service }),
    ...(after.adopted && { adopted: after.adopted }),
  };
}

/** The ledger that another agent has left. What that one had begun and not done no guest has undone. */
export function adopted({ isUnderWay, ...ledger }: GuestLedger): GuestLedger {
  return isUnderWay ? { ...ledger, corrections: {} } : ledger;
}

/** The ledger when exactly these of the plan's actions were done and the others were not, or not surely. */
export function performed(before: GuestLedger, plan: Plan, actions: readonly Action[]): GuestLedger {
  if (actions.length === plan.actions.length) return plan.after;
  return actions.reduce((ledger, action) => afterAction(ledger, action, plan), intent(before, plan));
}

/** The intent with one action confirmed. What makes something needs no confirmation but for the ownership of nodes. */
function afterAction(ledger: GuestLedger, action: Action, { after }: Plan): GuestLedger {
  switch (action.verb) {
    case 'revoke':
      return { ...ledger, grants: ledger.grants.flatMap((grant) => withoutRevoked(grant, action)) };
    case 'remove-link':
      return { ...ledger, links: ledger.links.filter((link) => linkKey(link) !== linkKey(action)) };
    case 'remove-node':
      return { ...ledger, nodes: ledger.nodes.filter((node) => keyOf(node) !== keyOf(action)) };
    case 'remove-folder':
      return { ...ledger, folders: ledger.folders.filter((folder) => folder !== action.path) };
    case 'make-node':
    case 'set-node':
      return {
        ...ledger,
        nodes: union(
          ledger.nodes,
          after.nodes.filter((node) => keyOf(node) === keyOf(action)),
          keyOf,
        ),
      };
    case 'tell': {
      const now = after.told?.find(({ number }) => number === action.number);
      return { ...ledger, told: toldAfter(ledger.told ?? [], action, now) };
    }
    case 'let-listen':
      return { ...ledger, listens: true };
    default:
      return ledger;
  }
}

function unconfirmed(ledger: GuestLedger, { actions, after }: Plan): readonly OwnedNode[] {
  const made = new Set(actions.flatMap((action) => (action.verb === 'make-node' ? keyOf(action) : [])));
  const set = new Set(actions.flatMap((action) => (action.verb === 'set-node' ? keyOf(action) : [])));
  const before = new Map(ledger.nodes.map((node) => [keyOf(node), node.ownership]));
  return after.nodes.map((node) => {
    if (made.has(keyOf(node))) return withOwnership(node, undefined);
    return set.has(keyOf(node)) ? withOwnership(node, before.get(keyOf(node))) : node;
  });
}

function withOwnership(node: OwnedNode, ownership: Ownership | undefined): OwnedNode {
  const { ownership: _, ...rest } = node;
  return ownership ? { ...rest, ownership } : rest;
}

/** Sorted by key; of two with one key the later. */
function union<One>(former: readonly One[], later: readonly One[], key: (one: One) => string): readonly One[] {
  const byKey = new Map([...former, ...later].map((one) => [key(one), one]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function withoutRevoked(grant: Grants[number], revoked: Grants[number]): Grants {
  const access = grant.number === revoked.number ? accessWithout(grant.access, revoked.access) : grant.access;
  return access ? [{ number: grant.number, access }] : [];
}

function releasedKey({ number, rule }: Released): string {
  return `${number} ${rule}`;
}

function untold({ askedAt: _, ...released }: Released): Released {
  return { ...released, told: [] };
}
