import { anyGlobMatches } from '../model/glob-match.ts';
import type { Match } from '../model/rule.ts';
import type { Assignment, Claim, NodeDevice, Withheld } from './assign.ts';
import { deviceText } from './identity.ts';
import { portOf } from './port.ts';
import { sameValue } from './same.ts';

/** A device that changes its firmware comes back as another one, at the same port, well within this time. */
const SLOT_MS = 1000;

/** The USB port that a rule's one device is on, or was on a second ago. */
export interface Slot {
  readonly match: Match;
  readonly port: string;
  readonly isHeld: boolean;
  /** Monotonic milliseconds; until then nothing at another port counts. Absent: the device has not gone. */
  readonly until?: number;
}

/** By rule. */
export type Slots = ReadonlyMap<string, Slot>;

/** The slots when these devices are there now. */
export function slotsAfter(slots: Slots, { claims, owners }: Assignment, now: number): Slots {
  const after = new Map<string, Slot>();
  for (const claim of claims) {
    if (claim.rule.take !== 'one') continue;
    const former = slots.get(claim.rule.name);
    const isSameRule = former !== undefined && sameValue(former.match, claim.rule.match);
    const slot = slotAfter(isSameRule ? former : undefined, claim, freeOf(claim, owners), now);
    if (slot) after.set(claim.rule.name, slot);
  }
  return after;
}

/** What is left for each rule to choose from: while its slot waits, what is at the slot's port. */
export function bindSlots(assignment: Assignment, slots: Slots, now: number): Assignment {
  if (![...slots.values()].some((slot) => isWaiting(slot, now))) return assignment;
  const claims = assignment.claims.map((claim) => {
    const slot = slots.get(claim.rule.name);
    return slot && isWaiting(slot, now) ? bound(claim, slot, freeOf(claim, assignment.owners)) : claim;
  });
  return { ...assignment, claims };
}

/** When the first slot ends its waiting. */
export function slotsWakeAt(slots: Slots, now: number): number | undefined {
  const ends = [...slots.values()].flatMap(({ until }) => (until !== undefined && now < until ? [until] : []));
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function slotAfter(
  slot: Slot | undefined,
  { rule: { match } }: Claim,
  free: readonly NodeDevice[],
  now: number,
): Slot | undefined {
  const there = slot ? free.filter(isAt(slot.port)) : [];
  if (slot && there.length === 0) {
    if (slot.isHeld) return { match, port: slot.port, isHeld: false, until: now + SLOT_MS };
    if (isWaiting(slot, now)) return slot;
  }
  const waits = slot !== undefined && isWaiting(slot, now);
  const [only, ...others] = waits ? there : free;
  const port = only && others.length === 0 ? portOf(only.devpath) : undefined;
  return port === undefined ? undefined : { match, port, isHeld: true, ...(waits && { until: slot.until }) };
}

function bound(claim: Claim, { port }: Slot, free: readonly NodeDevice[]): Claim {
  const others = free.filter((device) => !isAt(port)(device));
  if (others.length === 0) return claim;
  return {
    ...claim,
    devices: claim.devices.filter((device) => !others.includes(device)),
    withheld: [...(claim.withheld ?? []), ...others.map((device) => passedOver(device, port))],
  };
}

function passedOver(device: NodeDevice, port: string): Withheld {
  return {
    code: 'W_SLOT',
    detail: `${deviceText(device)} waits: what comes at port ${port}, where the last one was, goes first`,
  };
}

/** What some guest of the rule may have. */
function freeOf({ rule, devices }: Claim, owners: Assignment['owners']): readonly NodeDevice[] {
  return devices.filter(({ devpath }) => {
    const [guest] = owners.get(devpath)?.guests ?? [];
    return guest === undefined || anyGlobMatches(rule.guests, guest);
  });
}

function isWaiting({ until }: Slot, now: number): boolean {
  return until !== undefined && now < until;
}

function isAt(port: string) {
  return ({ devpath }: NodeDevice) => portOf(devpath) === port;
}
