import type { Damping } from '../model/config.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Assignment, Claim, NodeDevice, Withheld } from './assign.ts';
import { deviceText, flapKey } from './identity.ts';
import { sameValue } from './same.ts';

/** A device that was plugged in lately. */
export interface Flaps {
  readonly rule: string;
  /** The DEVPATHs of what is there of it. */
  readonly members: readonly string[];
  /** When it was plugged in, monotonic milliseconds. */
  readonly plugs: readonly number[];
  /** When it last came or went. */
  readonly seenAt: number;
  /** Held off, and why: said once, so that it stays the same as long as it lasts. */
  readonly held?: string;
}

/** By rule and device. */
export type FlapTable = ReadonlyMap<string, Flaps>;

/** `before`: the devices that were there; what is new since was plugged in. */
export function flapsAfter(
  former: FlapTable,
  { claims }: Assignment,
  before: Inventory,
  policy: Damping | 'off',
  now: number,
): FlapTable {
  const after = new Map<string, Flaps>();
  if (policy === 'off') return after;
  const known = new Map([...former].map(([key, { rule }]) => [key, rule]));
  for (const { rule, devices } of claims) {
    for (const device of devices) if (!isIn(before, device)) known.set(flapKey(rule, device), rule.name);
  }
  const present = presentOf(claims, known);
  for (const [key, rule] of known) {
    const flaps = flapsOf(former.get(key), sightingOf(rule, present.get(key) ?? [], before), policy, now);
    if (flaps.plugs.length > 0 || flaps.held !== undefined) after.set(key, flaps);
  }
  return after;
}

/** Without the devices that are held off. */
export function holdOff(assignment: Assignment, flaps: FlapTable): Assignment {
  const held = new Map([...flaps].filter(([, one]) => one.held !== undefined));
  if (held.size === 0) return assignment;
  return { ...assignment, claims: assignment.claims.map((claim) => withoutHeld(claim, held)) };
}

/** When the first device that is held off may be calm. */
export function flapsWakeAt(flaps: FlapTable, policy: Damping | 'off'): number | undefined {
  if (policy === 'off') return undefined;
  const calm = [...flaps.values()].flatMap(({ held, seenAt }) => (held === undefined ? [] : [seenAt + policy.calmMs]));
  return calm.length === 0 ? undefined : Math.min(...calm);
}

/** Those that were not held off before. */
export function newlyHeld(before: FlapTable, after: FlapTable): readonly Flaps[] {
  return [...after].flatMap(([key, flaps]) =>
    flaps.held !== undefined && before.get(key)?.held === undefined ? [flaps] : [],
  );
}

function presentOf(claims: readonly Claim[], known: ReadonlyMap<string, string>): ReadonlyMap<string, NodeDevice[]> {
  const present = new Map<string, NodeDevice[]>();
  if (known.size === 0) return present;
  for (const { rule, devices } of claims) {
    for (const device of devices) {
      const key = flapKey(rule, device);
      if (!known.has(key)) continue;
      const there = present.get(key);
      if (there) there.push(device);
      else present.set(key, [device]);
    }
  }
  return present;
}

/** What is there now of a device that may be plugged in too often. */
interface Sighting {
  readonly rule: string;
  readonly present: readonly NodeDevice[];
  readonly isPlug: boolean;
}

// One plug may bring several devices; they count as one while any of them stays.
function sightingOf(rule: string, present: readonly NodeDevice[], before: Inventory): Sighting {
  return { rule, present, isPlug: present.length > 0 && !present.some((device) => isIn(before, device)) };
}

function flapsOf(former: Flaps | undefined, { rule, present, isPlug }: Sighting, policy: Damping, now: number): Flaps {
  const [first] = present;
  const members = present.map(({ devpath }) => devpath);
  const hasChanged = isPlug || !sameValue(former?.members ?? [], members);
  const seenAt = former === undefined || hasChanged ? now : former.seenAt;
  const isCalm = former?.held !== undefined && now - seenAt >= policy.calmMs;
  if (isCalm) return { rule, members, plugs: [], seenAt };
  const recent = (former?.plugs ?? []).filter((at) => now - at < policy.withinMs);
  const plugs = isPlug ? [...recent, now] : recent;
  const held =
    former?.held ?? (first && plugs.length > policy.plugs ? heldText(first, plugs.length, policy) : undefined);
  return { rule, members, plugs, seenAt, ...(held !== undefined && { held }) };
}

function heldText(device: NodeDevice, count: number, { withinMs }: Damping): string {
  return `${deviceText(device)} was plugged in ${count} times in ${withinMs / 1000} s`;
}

// Also while it is away: that it is held off does not end with it.
function withoutHeld(claim: Claim, held: FlapTable): Claim {
  const withheld = [...held.values()].flatMap(({ rule, held: detail = '' }): readonly Withheld[] =>
    rule === claim.rule.name ? [{ code: 'W_DEVICE_FLAPS', detail }] : [],
  );
  if (withheld.length === 0) return claim;
  const devices = claim.devices.filter((device) => !held.has(flapKey(claim.rule, device)));
  return { ...claim, devices, withheld: [...(claim.withheld ?? []), ...withheld] };
}

function isIn(inventory: Inventory, { devpath, number }: NodeDevice): boolean {
  const there = inventory.get(devpath);
  return there !== undefined && sameValue(there.number, number);
}
