import type { Refusal } from '../model/failure.ts';
import type { Rule } from '../model/rule.ts';
import type { Assignment, Claim, NodeDevice } from './assign.ts';
import { deviceText } from './identity.ts';
import { mainPart, physicalDevices } from './physical-devices.ts';

export interface Choice {
  readonly devices: readonly NodeDevice[];
  readonly refusals: readonly Refusal[];
}

/** The devices that one rule gives to one of its guests: not another guest's, and not several where one is wanted. */
export function choose(claim: Claim, assignment: Assignment, guest: string): Choice {
  const free: NodeDevice[] = [];
  const refusals: Refusal[] = [];
  for (const device of claim.devices) {
    const owner = assignment.owners.get(device.devpath);
    if (!owner || guestOf(owner) === guest) free.push(device);
    // A shared rule simply goes without: that is what another rule's exclusivity means.
    else if (claim.rule.exclusive) refusals.push(contradiction(owner, claim.rule, device));
  }
  const { devices, rivals } = meant(claim, free);
  if (rivals.length <= 1) return { devices, refusals };
  return { devices: [], refusals: [...refusals, ambiguity(claim.rule, rivals, guest)] };
}

/** Of the free devices those that the rule takes, unless there are rivals where it wants one. */
function meant({ rule, devices }: Claim, free: readonly NodeDevice[]) {
  if (rule.take === 'all') return { devices: free, rivals: [] };
  if (rule.take === 'one') return { devices: free, rivals: free };
  const whole = physicalDevices(devices).filter((parts) => parts.every((part) => free.includes(part)));
  return { devices: whole.flat(), rivals: whole.map(mainPart) };
}

/** The one guest of an exclusive rule. */
function guestOf(rule: Rule): string | undefined {
  return rule.guests[0];
}

function contradiction(owner: Rule, rule: Rule, device: NodeDevice): Refusal {
  return {
    code: 'E_CONFLICT',
    subject: `${guestOf(rule)}:${rule.node.path ?? device.node}`,
    detail: `rule ${owner.name} gives ${deviceText(device)} to ${guestOf(owner)}, rule ${rule.name} to ${guestOf(rule)}`,
    rule: rule.name,
  };
}

function ambiguity(rule: Rule, candidates: readonly NodeDevice[], guest: string): Refusal {
  return {
    code: 'E_AMBIGUOUS',
    subject: `${guest}:${rule.name}`,
    detail: candidates.map(deviceText).sort().join(', '),
    rule: rule.name,
  };
}
