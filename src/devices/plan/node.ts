import type { Action } from '../../model/action.ts';
import type { OwnedNode } from '../../model/ledger.ts';
import type { DesiredNode, Ownership } from '../../model/node.ts';
import { numberText } from '../../model/number.ts';
import type { Entry } from '../../model/observed.ts';
import { keyOfDesired } from '../node-key.ts';
import { correct } from './corrections.ts';
import { obstacleTo } from './obstacle.ts';
import { type Resolved, resolveOwnership, sameOwnership } from './ownership.ts';
import { correctingPart, type Part } from './part.ts';
import type { Scene } from './scene.ts';

export interface NodePart extends Part {
  readonly desired: DesiredNode;
  /** In the ledger afterwards; absent: nothing of it is ours. */
  readonly owned?: OwnedNode;
  /** Whether the node is there when the plan is done. */
  readonly there: boolean;
}

type DeviceEntry = Extract<Entry, { kind: 'device' }>;

/** What to do for one node. What cannot be done leaves the node as it is, and what the ledger says of it. */
export function planNode(desired: DesiredNode, scene: Scene): NodePart {
  const { path } = desired;
  const entry = scene.entryAt(path);
  const owned = scene.owned.get(keyOfDesired(desired));
  const there = entry.kind === 'device' && entry.number === numberText(desired.number);
  const asItIs = { path, desired, there, ...(owned && { owned }) };
  const obstacle = obstacleTo('device', path, scene);
  if (obstacle) return { ...asItIs, refusal: obstacle };
  const resolved = resolveOwnership(desired, scene.names, scene.memory);
  if ('unknown' in resolved) {
    return {
      ...asItIs,
      refusal: { code: 'E_NAME_UNKNOWN', subject: `${scene.guest}:${path}`, detail: resolved.unknown },
    };
  }
  if (there) return planPresent(desired, entry, owned, resolved, scene);
  return scene.permissionsWait ? asItIs : planAbsent(desired, owned, resolved, scene);
}

/** A node that was made and confirmed, and is not there, was taken away by the guest. */
function planAbsent(desired: DesiredNode, owned: OwnedNode | undefined, { fresh }: Resolved, scene: Scene): NodePart {
  const { path } = desired;
  const action = makeNode(desired, fresh);
  const made = { desired, there: true, owned: ownedNode(desired, fresh) };
  if (!owned?.ownership) return { ...made, path, action };
  const correction = correctingPart(path, action, correct(path, scene));
  return correction.action ? { ...made, ...correction } : { desired, there: false, owned, ...correction };
}

function makeNode({ path, number, diskseq }: DesiredNode, ownership: Ownership): Action {
  return { verb: 'make-node', path, number: numberText(number), ownership, ...(diskseq !== undefined && { diskseq }) };
}

function planPresent(
  desired: DesiredNode,
  { ownership: now }: DeviceEntry,
  owned: OwnedNode | undefined,
  { stated, fresh }: Resolved,
  scene: Scene,
): NodePart {
  const { path } = desired;
  const last = owned?.ownership;
  const wanted = last && !isLate(desired, owned, now) ? { ...now, ...stated } : fresh;
  const kept = { desired, there: true, owned: ownedNode(desired, wanted) };
  if (sameOwnership(now, wanted)) return { ...kept, path };
  const action = { verb: 'set-node', path, number: numberText(desired.number), ownership: wanted } as const;
  // What is still as it was set last was not changed by the guest: the rule changed.
  if (!last || !changedStated(stated, last, now)) return { ...kept, path, action };
  return { ...kept, ...correctingPart(path, action, correct(path, scene)) };
}

/** Whether udev has only now said what a node starts as, and nobody in the guest has touched it meanwhile. */
function isLate(desired: DesiredNode, owned: OwnedNode | undefined, now: Ownership): boolean {
  return (
    owned?.early === true && !desired.early && owned.ownership !== undefined && sameOwnership(owned.ownership, now)
  );
}

/** Whether the guest itself set something else than the rule states. */
function changedStated(stated: Partial<Ownership>, last: Ownership, now: Ownership): boolean {
  return FIELDS.some(
    (field) => stated[field] !== undefined && now[field] !== stated[field] && now[field] !== last[field],
  );
}

const FIELDS = ['mode', 'uid', 'gid'] as const;

function ownedNode(desired: DesiredNode, ownership: Ownership): OwnedNode {
  const { path, number, rule, device, memory, unplug, early } = desired;
  return { path, number: numberText(number), rule, device, memory, unplug, ...(early && { early }), ownership };
}
