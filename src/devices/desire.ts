import type { Refusal } from '../model/failure.ts';
import { anyGlobMatches } from '../model/glob-match.ts';
import type { DesiredNode, Group } from '../model/node.ts';
import type { Rule } from '../model/rule.ts';
import type { Assignment, Claim, NodeDevice } from './assign.ts';
import { choose } from './choose.ts';
import { contest, type Wish } from './contest.ts';
import { withoutBroken } from './group.ts';
import { hostLinks } from './host-links.ts';
import { deviceText, memoryKey, pluggedAs } from './identity.ts';
import { newsOf } from './news.ts';
import { physicalRoot } from './physical.ts';
import { mainPart, physicalDevices } from './physical-devices.ts';

/** What one guest should have, sorted by path, and why it does not get the rest. */
export interface Desire {
  readonly nodes: readonly DesiredNode[];
  readonly refusals: readonly Refusal[];
  /** Some rule of this guest tells it of devices, whether or not there are any. */
  readonly tells: boolean;
}

/** A node without a path of its own has the host's; one without stated ownership starts with the host node's, else 0600 root. */
export function desireGuest(assignment: Assignment, guest: string): Desire {
  const wishes: Wish<DesiredNode>[] = [];
  const refusals: Refusal[] = [];
  let tells = false;
  for (const claim of assignment.claims) {
    if (!anyGlobMatches(claim.rule.guests, guest)) continue;
    tells ||= claim.rule.tell !== false;
    const choice = choose(claim, assignment, guest);
    refusals.push(...choice.refusals, ...withheldFrom(claim, guest));
    wishes.push(...nodeWishes(claim.rule, choice.devices));
  }
  const nodes = contest(wishes, guest);
  const lost = new Set(nodes.lost.map(({ thing }) => thing));
  const standing = withoutBroken(
    guest,
    wishes.map(({ thing }) => thing),
    lost,
  );
  // The name of a node that falls with its group is nobody's: who lost it to that node is told so.
  const isStanding = new Set(standing.nodes);
  const won = nodes.won.filter(({ thing }) => isStanding.has(thing));
  const links = contest(won.flatMap(linkWishes), guest, won);
  return {
    nodes: won.map(({ thing }) => withLinks(thing, links.won)).sort((a, b) => (a.path < b.path ? -1 : 1)),
    refusals: [...refusals, ...nodes.refusals, ...standing.refusals, ...links.refusals],
    tells,
  };
}

function withheldFrom({ rule: { name }, withheld = [] }: Claim, guest: string): readonly Refusal[] {
  return withheld.map((one) => ({ ...one, subject: `${guest}:${name}`, rule: name }));
}

function nodeWishes(rule: Rule, devices: readonly NodeDevice[]): readonly Wish<DesiredNode>[] {
  if (rule.take === 'one') return devices.map((device) => nodeWish(rule, device));
  return physicalDevices(devices).flatMap((parts) => {
    const main = mainPart(parts);
    const whole = rule.take === 'whole' && ({ whole: true } as const);
    const group = { root: physicalRoot(main), text: deviceText(main), ...whole };
    return parts.map((device) => nodeWish(rule, device, group));
  });
}

function nodeWish(rule: Rule, device: NodeDevice, group?: Group): Wish<DesiredNode> {
  const thing = { ...desiredNode(rule, device), ...(group && { group }) };
  return { path: thing.path, rule: rule.name, device: deviceText(device), plug: thing.device, thing };
}

function desiredNode(rule: Rule, device: NodeDevice): DesiredNode {
  const { path = device.node, ...stated } = rule.node;
  return {
    path,
    number: device.number,
    access: rule.access,
    rule: rule.name,
    device: pluggedAs(device),
    ...(device.diskseq !== undefined && { diskseq: device.diskseq }),
    links: [...rule.links, ...hostLinks(rule, device).filter((link) => link !== path)],
    stated,
    initial: device.hostNode ?? { mode: 0o600, owner: 'root', group: 'root' },
    ...(device.unrecorded && { early: true }),
    memory: memoryKey(rule, device),
    unplug: rule.unplug,
    ...(rule.tell !== false && !device.unloaded && { news: newsOf(device) }),
    ...(device.unloaded && { unloaded: true }),
  };
}

function linkWishes(node: Wish<DesiredNode>): readonly Wish<DesiredNode>[] {
  return [...new Set(node.thing.links)].map((path) => ({ ...node, path }));
}

function withLinks(node: DesiredNode, given: readonly Wish<DesiredNode>[]): DesiredNode {
  const links = given.filter(({ thing }) => thing === node).map(({ path }) => path);
  return { ...node, links: links.sort() };
}
