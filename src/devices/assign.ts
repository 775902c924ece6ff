import type { Device } from '../model/device.ts';
import type { Refusal } from '../model/failure.ts';
import { isLiteral } from '../model/glob.ts';
import type { Inventory } from '../model/inventory.ts';
import type { DeviceNumber } from '../model/number.ts';
import type { Rule } from '../model/rule.ts';
import { matches } from './match.ts';
import { physicalRoot } from './physical.ts';

/** A device that can be given: one with a number and a node. */
export interface NodeDevice extends Device {
  readonly number: DeviceNumber;
  readonly node: string;
}

/** A rule and the devices that are meant, sorted by DEVPATH: those that match, or those of which a sibling does. */
export interface Claim {
  readonly rule: Rule;
  readonly devices: readonly NodeDevice[];
  /** Why some that match are kept back for now. */
  readonly withheld?: readonly Withheld[];
  /** Where whole devices are taken: the physical devices, by DEVPATH, of which something matches. */
  readonly roots?: ReadonlySet<string>;
}

export type Withheld = Pick<Refusal, 'code' | 'detail'>;

/** Which rule matches which devices: made once for an inventory, good for every guest. */
export interface Assignment {
  /** One a rule, in configuration order. */
  readonly claims: readonly Claim[];
  /** By DEVPATH: the first exclusive rule that matches the device. Nobody but that rule's guest may have it. */
  readonly owners: ReadonlyMap<string, Rule>;
}

/**
 * Matches every rule with every device. A device belongs to the guest of the first exclusive rule that matches it even
 * where that rule cannot give it: what is kept for one guest must not go to another because something else is wrong.
 */
export function assign(rules: readonly Rule[], inventory: Inventory): Assignment {
  const devices = [...inventory.values()].filter(hasNode).sort(byDevpath);
  const bySubsystem = Map.groupBy(devices, ({ subsystem }) => subsystem);
  const claims = rules.map((rule): Claim => {
    if (rule.take === 'whole') return claimWhole(rule, inventory, devices);
    const candidates = candidatesOf(rule, bySubsystem) ?? devices;
    return { rule, devices: candidates.filter((device) => matches(rule.match, device)) };
  });
  return { claims, owners: ownersOf(claims) };
}

/** A part without a node, such as an interface or a network card, says as well as any other which device is meant. */
function claimWhole(rule: Rule, inventory: Inventory, devices: readonly NodeDevice[]): Claim {
  const found = [...inventory.values()].filter((device) => matches(rule.match, device));
  const roots = new Set(found.map(physicalRoot));
  return { rule, roots, devices: roots.size === 0 ? [] : devices.filter((one) => roots.has(physicalRoot(one))) };
}

/** The devices of the subsystems that a rule names, which spares most comparisons; undefined when it does not name them. */
function candidatesOf(
  { match }: Rule,
  bySubsystem: ReadonlyMap<string, readonly NodeDevice[]>,
): readonly NodeDevice[] | undefined {
  if (!match.subsystem?.every(isLiteral)) return undefined;
  const [only, ...others] = [...new Set(match.subsystem)].map((subsystem) => bySubsystem.get(subsystem) ?? []);
  return others.length === 0 ? only : [only ?? [], ...others].flat().sort(byDevpath);
}

function ownersOf(claims: readonly Claim[]): ReadonlyMap<string, Rule> {
  const owners = new Map<string, Rule>();
  for (const { rule, devices } of claims) {
    if (!rule.exclusive) continue;
    for (const { devpath } of devices) if (!owners.has(devpath)) owners.set(devpath, rule);
  }
  return owners;
}

function byDevpath(a: Device, b: Device): number {
  return a.devpath < b.devpath ? -1 : 1;
}

function hasNode(device: Device): device is NodeDevice {
  return device.number !== undefined && device.node !== undefined;
}
