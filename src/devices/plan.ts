import type { Action } from '../model/action.ts';
import type { Refusal } from '../model/failure.ts';
import type { DevicePolicy } from '../model/guest.ts';
import type { GuestLedger, Memory } from '../model/ledger.ts';
import type { DesiredNode } from '../model/node.ts';
import type { ObservedGuest } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import { foldersAbove } from './folders.ts';
import { withoutBroken } from './group.ts';
import { keyOf, keyOfDesired } from './node-key.ts';
import { adoptChanges } from './plan/adoption.ts';
import { currentCorrections } from './plan/corrections.ts';
import { type LinkPart, planLinks } from './plan/link.ts';
import { type NodePart, planNode } from './plan/node.ts';
import type { Part } from './plan/part.ts';
import { DRIFT, type Permissions, planPermissions } from './plan/permissions.ts';
import { planRelease, type Release, type ReleaseInput } from './plan/released.ts';
import { planRemoval, type Removal } from './plan/removal.ts';
import { entriesWithout, type Scene } from './plan/scene.ts';
import { type Muted, planTelling, type Telling } from './plan/tell.ts';

export interface PlanInput extends ReleaseInput {
  /** At least every path of `observedPaths`; a path that is missing counts as absent. */
  readonly observed: ObservedGuest;
  /** Of this start of the guest; an empty one if there is none. */
  readonly ledger: GuestLedger;
  readonly memory: Memory;
  /** Whether a guest that may open everything is to be closed. */
  readonly confine: boolean;
  /** Some rule of this guest tells it of devices. */
  readonly tells?: boolean;
  readonly muted?: Muted;
  /** Granted without a node: the kernel does not honour the permission, and it is tried until it does. */
  readonly withheld?: readonly DesiredNode[];
}

/**
 * What turns a guest as it is into the guest as it should be. Denies before it removes and allows before it adds, so that no
 * node is ever there without its permission; nothing is done twice, and what is in the way keeps nothing else waiting, but
 * for the group that it is in.
 */
export function planGuest(input: PlanInput): Plan {
  const drawn = draw(input);
  const missing = drawn.nodes.filter(({ refusal, there }) => refusal && !there && refusal.code !== 'E_FIGHT');
  const absent = new Set(missing.map((part) => part.desired));
  const standing = withoutBroken(input.guest, input.desired, absent);
  if (standing.nodes.length === input.desired.length) return drawn.plan;
  const plan = planGuest({ ...input, desired: standing.nodes });
  const reasons = missing.flatMap(({ refusal }) => refusal ?? []);
  return { ...plan, refusals: told([...plan.refusals, ...reasons, ...standing.refusals]) };
}

/** A plan, and what became of each wish. */
interface Drawn {
  readonly plan: Plan;
  readonly nodes: readonly NodePart[];
}

function draw(input: PlanInput): Drawn {
  const { guest, desired, observed, ledger, memory, confine, now } = input;
  const removal = planRemoval(guest, desired, ledger, observed);
  const adopted = adoptChanges(
    ledger.nodes,
    new Map(desired.map((node) => [keyOfDesired(node), node])),
    observed,
    memory,
  );
  const entryAt = entriesWithout(observed, removal.cleared);
  const permissionsWait = observed.unanswered !== undefined || observed.heldProgram !== undefined;
  const owned = new Map(ledger.nodes.map((node) => [keyOf(node), node]));
  const scene: Scene = { guest, names: observed.names, ledger, owned, memory: adopted, now, permissionsWait, entryAt };
  const nodes = desired.map((node) => planNode(node, scene));
  const links = nodes.flatMap((node) => planLinks(node, scene));
  const { tells = false, muted = new Map(), withheld = [] } = input;
  const given = [...nodes.filter(({ owned }) => owned).map((node) => node.desired), ...withheld];
  const permissions = planPermissions(scene, given, observed, confine);
  const release = planRelease({ ...input, desired: [...desired, ...withheld] }, removal.gone);
  const telling = planTelling(nodes, links, removal.nodes, scene, { tells, muted });
  const folders = missingFolders([...nodes, ...links], scene);
  const parts = { removal, nodes, links, permissions, release, folders, telling };
  return { plan: assemble(parts, scene, observed.policy), nodes };
}

interface Parts {
  readonly removal: Removal;
  readonly permissions: Permissions;
  readonly folders: readonly string[];
  readonly nodes: readonly NodePart[];
  readonly links: readonly LinkPart[];
  readonly release: Release;
  readonly telling: Telling;
}

function assemble(parts: Parts, scene: Scene, policy: DevicePolicy): Plan {
  const all: readonly Part[] = [...parts.nodes, ...parts.links];
  const wakes = [...all, parts.permissions, parts.release].flatMap(({ wakeAt }) => wakeAt ?? []);
  return {
    actions: inOrder(parts),
    ...(wakes.length > 0 && { wakeAt: Math.min(...wakes) }),
    refusals: told([
      ...(parts.permissions.refusal ? [parts.permissions.refusal] : []),
      ...parts.removal.refusals,
      ...all.flatMap(({ refusal }) => refusal ?? []),
      ...parts.release.refusals,
    ]),
    after: { ...ledgerAfter(parts, scene), ...adoption(scene.ledger, policy) },
    toTell: parts.telling.toTell,
    memory: scene.memory,
  };
}

function inOrder({ removal, permissions, folders, nodes, links, release, telling }: Parts): readonly Action[] {
  return [
    ...permissions.first,
    ...permissions.revokes,
    ...removal.actions,
    ...permissions.grants,
    ...folders.map((path): Action => ({ verb: 'make-folder', path })),
    ...nodes.flatMap(({ action }) => action ?? []),
    ...links.flatMap(({ action }) => action ?? []),
    ...release.actions,
    ...telling.actions,
    ...removal.folderActions,
  ];
}

function ledgerAfter(
  { removal, permissions, folders, nodes, links, release, telling }: Parts,
  { ledger, now }: Scene,
): GuestLedger {
  const repaired = { path: DRIFT, corrections: permissions.corrections };
  const corrected = [...nodes, ...links, repaired].flatMap(({ path, corrections }) =>
    corrections ? [[path, corrections] as const] : [],
  );
  return {
    instance: ledger.instance,
    nodes: [...removal.nodes, ...nodes.flatMap(({ owned }) => owned ?? [])].sort((a, b) =>
      keyOf(a) < keyOf(b) ? -1 : 1,
    ),
    links: [...removal.links, ...links.flatMap(({ owned }) => owned ?? [])].sort((a, b) => (a.path < b.path ? -1 : 1)),
    folders: [...new Set([...removal.folders, ...folders])].sort(),
    grants: permissions.after,
    released: release.after,
    told: telling.told,
    ...(telling.listens && { listens: true }),
    ...(ledger.service !== undefined && { service: ledger.service }),
    corrections: { ...currentCorrections(ledger.corrections, now), ...Object.fromEntries(corrected) },
  };
}

function adoption({ adopted }: GuestLedger, policy: DevicePolicy): Pick<GuestLedger, 'adopted'> {
  return adopted || policy === 'confined' || policy === 'drifted' ? { adopted: true } : {};
}

/** The folders, outermost first, that what is about to be made needs and that are not there. */
function missingFolders(parts: readonly Part[], { entryAt }: Scene): readonly string[] {
  const made = parts.filter(({ action }) => action).flatMap(({ path }) => foldersAbove(path));
  return [...new Set(made)].filter((folder) => entryAt(folder).kind === 'absent').sort();
}

/** Each refusal once, sorted. */
function told(refusals: readonly Refusal[]): readonly Refusal[] {
  const texts = new Map(refusals.map((one) => [`${one.subject} ${one.code} ${one.detail ?? ''}`, one]));
  return [...texts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, refusal]) => refusal);
}
