import { desireGuest } from '../devices/desire.ts';
import { foldersAbove } from '../devices/folders.ts';
import { pluggedAs } from '../devices/identity.ts';
import { physicalRoot } from '../devices/physical.ts';
import { portOf } from '../devices/port.ts';
import { firstMismatch } from '../devices/why.ts';
import type { Device } from '../model/device.ts';
import type { Refusal } from '../model/failure.ts';
import { globMatches } from '../model/glob-match.ts';
import { numberText } from '../model/number.ts';
import type { Rule } from '../model/rule.ts';
import type { DeviceView, RuleVerdict, WhyView } from '../ports/agent.ts';
import type { GuestRecord, World } from './world.ts';

/** What people look for when they write a rule, besides what the rules there are ask for. */
const USUAL_ATTRIBUTES = ['idVendor', 'idProduct', 'serial', 'manufacturer', 'product'];

/** Every device of the host, also of subsystems that no rule asks for; of one guest only those that it has. */
export function deviceViews(world: World, guest: string | undefined): readonly DeviceView[] {
  const attrs = [...new Set([...world.asked.attrs, ...USUAL_ATTRIBUTES])];
  const devices = hostDevices(world, attrs);
  const views = devices.map((device) => deviceView(world, device));
  return guest === undefined ? views : views.filter(({ given }) => given.some((one) => one.guest === guest));
}

/** A look at everything takes its time: what was seen a moment ago answers everybody who asks. */
const FRESH_MS = 1000;

function hostDevices(world: World, attrs: readonly string[]): readonly Device[] {
  const now = world.ports.clock.now();
  if (world.seen === undefined || now > world.seen.until) {
    const devices = world.ports.devices.enumerate({ attrs, subsystems: 'all', ancestors: true });
    world.seen = { devices, until: now + FRESH_MS };
  }
  return world.seen.devices;
}

/** Undefined: no such device. */
export function whyView(world: World, named: string): WhyView | undefined {
  const device = deviceViews(world, undefined).find((one) => isNamed(one, named));
  if (device === undefined) return undefined;
  return { device, rules: world.config.rules.map((rule) => verdict(world, rule, device)) };
}

function deviceView({ records, flaps }: World, device: Device): DeviceView {
  const given = [...records.values()].flatMap(({ guest, ledger }) =>
    ledger.nodes
      .filter((node) => node.device === pluggedAs(device) && guest.instance !== undefined)
      .map(({ rule, path, number }) => ({
        guest: guest.name,
        rule,
        path,
        ...(ledger.told?.some((one) => one.number === number && one.unsure !== true) && { told: true as const }),
      })),
  );
  const heldOff = [...flaps.values()].flatMap(({ rule, members, held }) =>
    held !== undefined && members.includes(device.devpath) ? [rule] : [],
  );
  return { ...device, given, ...(heldOff.length > 0 && { heldOff }) };
}

function isNamed(device: Device, named: string): boolean {
  const { devpath, node, links, number, sysname } = device;
  const names = [devpath, `/sys${devpath}`, node, ...links, number && numberText(number), sysname];
  return names.includes(named) || (device.devtype === 'usb_device' && portOf(devpath) === named);
}

function verdict(world: World, rule: Rule, device: Device): RuleVerdict {
  const mismatch = firstMismatch(rule.match, device);
  const partOf = mismatch && meantRoot(world, rule, device);
  const failed = partOf === undefined ? mismatch : undefined;
  const records = [...world.records.values()].filter(({ guest }) =>
    rule.guests.some((glob) => globMatches(glob, guest.name)),
  );
  const guests = records.map(({ guest }) => guest.name);
  const verdict = {
    rule: rule.name,
    place: rule.place,
    matched: failed === undefined,
    guests,
    ...(partOf && { partOf }),
  };
  if (failed !== undefined) return { ...verdict, failed };
  const refusal = keptForAnother(world, guests, rule, device) ?? firstRefusal(world, records, rule, device);
  return { ...verdict, ...(refusal && { refusal }) };
}

/** The physical device that the rule takes as a whole, if this is a part of it. */
function meantRoot({ assignment }: World, rule: Rule, device: Device): string | undefined {
  const root = physicalRoot(device);
  return assignment.claims.find((claim) => claim.rule === rule)?.roots?.has(root) ? root : undefined;
}

function keptForAnother(
  { assignment }: World,
  guests: readonly string[],
  rule: Rule,
  { devpath }: Device,
): Refusal | undefined {
  const owner = assignment.owners.get(devpath);
  if (owner === undefined || guests.some((guest) => guest === owner.guests[0])) return undefined;
  return {
    code: 'E_CONFLICT',
    subject: `rule ${rule.name}`,
    detail: `rule ${owner.name} keeps this device for ${owner.guests[0]}`,
  };
}

function firstRefusal(world: World, records: readonly GuestRecord[], rule: Rule, device: Device) {
  for (const record of records) {
    const refusal = refusalIn(world, record, rule, device);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

// A wish that a rule lost bears its name; what went wrong with a node is told of its path, or of the whole guest.
function refusalIn(world: World, record: GuestRecord, rule: Rule, device: Device) {
  const { name } = record.guest;
  const desire = desireGuest(world.assignment, name);
  const node = desire.nodes.find((one) => one.rule === rule.name && one.device === pluggedAs(device));
  if (node === undefined) return desire.refusals.find((refusal) => refusal.rule === rule.name);
  const paths = [node.path, ...node.links].flatMap((path) => [path, ...foldersAbove(path)]);
  const subjects = new Set([name, ...paths.map((path) => `${name}:${path}`)]);
  const isGiven = record.ledger.nodes.some((one) => one.rule === node.rule && one.device === node.device);
  const own = record.refusals.find(({ subject }) => subjects.has(subject));
  return own ?? (isGiven ? undefined : record.refusals.find((refusal) => refusal.rule === rule.name));
}
