import type { Action } from '../../model/action.ts';
import type { Refusal } from '../../model/failure.ts';
import type { GuestLedger, OwnedNode } from '../../model/ledger.ts';
import type { DesiredNode, OwnedLink } from '../../model/node.ts';
import type { Entry, ObservedGuest } from '../../model/observed.ts';
import { keyOf, keyOfDesired } from '../node-key.ts';
import { planFolderRemoval } from './folder-removal.ts';
import { obstacleTo } from './obstacle.ts';
import { entryIn, isUnreachable } from './scene.ts';

/** What of ours has to go, and what of it cannot go yet. */
export interface Removal {
  /** Links, nodes, and folders where something else is wanted. */
  readonly actions: readonly Action[];
  /** Other folders: they wait until everything else is done, since a guest may have put something into one. */
  readonly folderActions: readonly Action[];
  /** Where nothing is any more after `actions`. */
  readonly cleared: ReadonlySet<string>;
  /** Nodes that are gone, or will be. */
  readonly gone: readonly OwnedNode[];
  /** What stays ours: it cannot be reached, or a folder is not empty or still needed. */
  readonly nodes: readonly OwnedNode[];
  readonly links: readonly OwnedLink[];
  readonly folders: readonly string[];
  readonly refusals: readonly Refusal[];
}

/** What goes: all that the ledger has and nobody wants. What is not as we made it any more is not ours, and stays. */
export function planRemoval(
  guest: string,
  desired: readonly DesiredNode[],
  ledger: GuestLedger,
  observed: ObservedGuest,
): Removal {
  const wanted = new Set(desired.flatMap(({ path, links }) => [path, ...links]));
  const nodes = sort(unwantedNodes(desired, ledger), (node) => nodeFate(node, entryIn(observed, node.path), wanted));
  const links = sort(unwantedLinks(desired, ledger), (link) => linkFate(link, entryIn(observed, link.path), wanted));
  const cleared = new Set([...links.remove, ...nodes.remove].map(({ path }) => path));
  const unreachable = [...nodes.keep, ...links.keep].map(({ path }) => path);
  const folders = planFolderRemoval(wanted, ledger, observed, cleared, unreachable);
  const entryAt = (path: string) => entryIn(observed, path);
  return {
    actions: [
      ...links.remove.map(removeLink),
      ...nodes.remove.toSorted(childFirst).map(removeNode),
      ...folders.first.map(removeFolder),
    ],
    folderActions: folders.last.map(removeFolder),
    cleared: new Set([...cleared, ...folders.first]),
    gone: [...nodes.remove, ...nodes.forget],
    nodes: nodes.keep,
    links: links.keep,
    folders: folders.keep,
    refusals: unreachable.flatMap((path) => obstacleTo('device', path, { guest, entryAt }) ?? []),
  };
}

/** `forget`: it is gone, or is another's by now. `keep`: nobody can say, so it is tried again. */
type Fate = 'remove' | 'forget' | 'keep';

function nodeFate({ path, number }: OwnedNode, entry: Entry, wanted: ReadonlySet<string>): Fate {
  if (isUnreachable(path, entry, wanted)) return 'keep';
  return entry.kind === 'device' && entry.number === number ? 'remove' : 'forget';
}

function linkFate({ path, target }: OwnedLink, entry: Entry, wanted: ReadonlySet<string>): Fate {
  if (isUnreachable(path, entry, wanted)) return 'keep';
  return entry.kind === 'link' && entry.target === target ? 'remove' : 'forget';
}

function unwantedNodes(desired: readonly DesiredNode[], ledger: GuestLedger): readonly OwnedNode[] {
  const wanted = new Set(desired.map(keyOfDesired));
  return ledger.nodes.filter((node) => !wanted.has(keyOf(node)));
}

function unwantedLinks(desired: readonly DesiredNode[], ledger: GuestLedger): readonly OwnedLink[] {
  const wanted = new Map(desired.flatMap(({ path, links }) => links.map((link) => [link, path] as const)));
  return ledger.links.filter(({ path, target }) => wanted.get(path) !== target);
}

function sort<Thing extends { readonly path: string }>(things: readonly Thing[], fateOf: (thing: Thing) => Fate) {
  const sorted: Record<Fate, Thing[]> = { remove: [], forget: [], keep: [] };
  for (const thing of things) sorted[fateOf(thing)].push(thing);
  return sorted;
}

/** As the kernel takes a device apart: what is deepest in the host's device tree goes first. */
function childFirst(a: OwnedNode, b: OwnedNode): number {
  return depthOf(b) - depthOf(a) || (a.path < b.path ? -1 : 1);
}

function depthOf({ device }: OwnedNode): number {
  return device.split('/').length;
}

function removeLink({ path, target }: OwnedLink): Action {
  return { verb: 'remove-link', path, target };
}

function removeNode({ path, number }: OwnedNode): Action {
  return { verb: 'remove-node', path, number };
}

function removeFolder(path: string): Action {
  return { verb: 'remove-folder', path };
}
