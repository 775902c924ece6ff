import type { Refusal } from '../model/failure.ts';
import type { DesiredNode } from '../model/node.ts';
import type { Rule } from '../model/rule.ts';
import type { Assignment, Claim, NodeDevice } from './assign.ts';
import { choose } from './choose.ts';
import { contest, type Wish } from './contest.ts';
import { anyGlobMatches } from './glob.ts';
import { hostLinks } from './host-links.ts';
import { deviceText, memoryKey, pluggedAs } from './identity.ts';

/** What one guest should have, sorted by path, and why it does not get the rest. */
export interface Desire {
  readonly nodes: readonly DesiredNode[];
  readonly refusals: readonly Refusal[];
}

/** A node without a path of its own has the host's; one without stated ownership starts with the host node's, else 0600 root. */
export function desireGuest(assignment: Assignment, guest: string): Desire {
  const wishes: Wish<DesiredNode>[] = [];
  const refusals: Refusal[] = [];
  for (const claim of assignment.claims) {
    if (!anyGlobMatches(claim.rule.guests, guest)) continue;
    const choice = choose(claim, assignment, guest);
    refusals.push(...choice.refusals, ...withheldFrom(claim, guest));
    for (const device of choice.devices) wishes.push(nodeWish(claim.rule, device));
  }
  const nodes = contest(wishes, guest);
  const links = contest(nodes.won.flatMap(linkWishes), guest, nodes.won);
  return {
    nodes: nodes.won.map(({ thing }) => withLinks(thing, links.won)).sort((a, b) => (a.path < b.path ? -1 : 1)),
    refusals: [...refusals, ...nodes.refusals, ...links.refusals],
  };
}

function withheldFrom({ rule: { name }, withheld = [] }: Claim, guest: string): readonly Refusal[] {
  return withheld.map((one) => ({ ...one, subject: `${guest}:${name}`, rule: name }));
}

function nodeWish(rule: Rule, device: NodeDevice): Wish<DesiredNode> {
  const thing = desiredNode(rule, device);
  return { path: thing.path, rule: rule.name, device: deviceText(device), thing };
}

function desiredNode(rule: Rule, device: NodeDevice): DesiredNode {
  const { path = device.node, ...stated } = rule.node;
  return {
    path,
    number: device.number,
    access: rule.access,
    rule: rule.name,
    device: pluggedAs(device),
    links: [...rule.links, ...hostLinks(rule, device).filter((link) => link !== path)],
    stated,
    initial: device.hostNode ?? { mode: 0o600, owner: 'root', group: 'root' },
    ...(device.unrecorded && { early: true }),
    memory: memoryKey(rule, device),
    unplug: rule.unplug,
  };
}

function linkWishes(node: Wish<DesiredNode>): readonly Wish<DesiredNode>[] {
  return [...new Set(node.thing.links)].map((path) => ({ ...node, path }));
}

function withLinks(node: DesiredNode, given: readonly Wish<DesiredNode>[]): DesiredNode {
  const links = given.filter(({ thing }) => thing === node).map(({ path }) => path);
  return { ...node, links: links.sort() };
}
