import { withoutBroken } from '../devices/group.ts';
import { type Gift, hasLetGo, type IsShared, type Neighbour, perhapsHeld, stillWith } from '../devices/handover.ts';
import type { Refusal } from '../model/failure.ts';
import type { GuestLedger } from '../model/ledger.ts';
import type { DesiredNode } from '../model/node.ts';
import { type NumberText, numberText } from '../model/number.ts';
import type { Plan } from '../model/plan.ts';
import { type Doubt, inquire, inquiryKey } from './inquire.ts';
import { adoptLedger } from './open.ts';
import type { GuestRecord, Inquiry, World } from './world.ts';

/** A hand-over takes some milliseconds, and a program that is asked to end some more: nobody is told of those. */
const QUIET_MS = 1000;

export interface HandOver {
  readonly nodes: readonly DesiredNode[];
  readonly refusals: readonly Refusal[];
}

/** What the guest may be given now: what another one still has, or holds open, waits. What it has already is its own. */
export function handOver(world: World, record: GuestRecord, wanted: readonly DesiredNode[]): HandOver {
  const fresh = wanted.filter(({ number, device }) => !hasNode(record.ledger, numberText(number), device));
  const neighbours = fresh.length === 0 ? [] : neighboursOf(world, record);
  const isShared = isSharedIn(world);
  const doubts = new Map(fresh.map((node) => [node, doubtsOf(giftOf(node), neighbours, isShared)]));
  const inquiries = inquire(world, record, [...doubts.values()].flat());
  const textOf = (node: DesiredNode) =>
    stillText(giftOf(node), neighbours, isShared) ?? firstHeld(doubts.get(node) ?? [], inquiries);
  const kept = new Map(fresh.flatMap((node) => entry(node, textOf(node))));
  if (kept.size === 0) record.waitsSince = undefined;
  else record.waitsSince ??= world.ports.clock.now();
  const { name } = record.guest;
  const standing = withoutBroken(name, wanted, new Set(kept.keys()));
  const held = [...kept].map(([{ path, rule }, detail]): Refusal => {
    return { code: 'E_HELD', subject: `${name}:${path}`, detail, rule };
  });
  return { nodes: standing.nodes.filter((node) => !kept.has(node)), refusals: [...held, ...standing.refusals] };
}

/** Whether another guest has meanwhile what this plan would give: plans of two guests are made at the same time. */
export function isTakenMeanwhile(world: World, record: GuestRecord, { after }: Plan): boolean {
  const fresh = after.nodes.filter(({ number, device }) => !hasNode(record.ledger, number, device));
  if (fresh.length === 0) return false;
  const neighbours = neighboursOf(world, record);
  return fresh.some((node) => stillWith(node, neighbours, isSharedIn(world)) !== undefined);
}

/** Whoever waits looks again, since this guest has let go of something or is no more. */
export function wakeWaiting(world: World, { guest, ledger }: GuestRecord, before?: GuestLedger): void {
  if (before !== undefined && !hasLetGo(before, ledger)) return;
  for (const other of world.records.values()) {
    if (other.waitsSince !== undefined && other.guest.name !== guest.name) world.queue.add(other.guest.name);
  }
}

/** Whether a refusal is worth telling by now. */
export function isDue(record: GuestRecord, { code }: Refusal, now: number): boolean {
  if (code === 'W_OPEN_POLICY') return !mayStillAsk(record, now); // a guest is seen before LXC has limited what it may open
  const { waitsSince } = record;
  const isOfWaiting = code === 'E_HELD' || code === 'E_INCOMPLETE';
  return !isOfWaiting || waitsSince === undefined || now - waitsSince >= QUIET_MS;
}

/** It was seen when it started, and LXC may not have come to its hook yet. */
export function mayStillAsk({ start, mayAskUntil }: GuestRecord, now: number): boolean {
  return start === 'unasked' && now < mayAskUntil;
}

function giftOf({ number, rule, device }: DesiredNode): Gift {
  return { number: numberText(number), rule, device };
}

function doubtsOf(gift: Gift, neighbours: readonly Neighbour[], isShared: IsShared): readonly Doubt[] {
  if (stillWith(gift, neighbours, isShared) !== undefined) return [];
  return perhapsHeld(gift, neighbours, isShared).map((guest) => ({ guest, number: gift.number }));
}

function stillText(gift: Gift, neighbours: readonly Neighbour[], isShared: IsShared): string | undefined {
  const guest = stillWith(gift, neighbours, isShared);
  return guest && `guest ${guest} still has ${gift.number}`;
}

function firstHeld(doubts: readonly Doubt[], inquiries: ReadonlyMap<string, Inquiry>): string | undefined {
  return doubts.map((doubt) => inquiries.get(inquiryKey(doubt))?.held).find((held) => held !== undefined);
}

function entry<Key, Value>(key: Key, value: Value | undefined): readonly (readonly [Key, Value])[] {
  return value === undefined ? [] : [[key, value]];
}

function neighboursOf(world: World, own: GuestRecord): readonly Neighbour[] {
  return [...world.records.values()].flatMap((record) => {
    if (record.guest.name === own.guest.name || record.guest.instance === undefined) return [];
    adoptLedger(world, record);
    return [{ guest: record.guest.name, ledger: record.intent ?? record.ledger }];
  });
}

function isSharedIn({ config }: World) {
  return (name: string) => config.rules.some((rule) => rule.name === name && !rule.exclusive);
}

// A permission alone may be from an earlier start, when the device was this guest's; a node may be of an earlier device.
function hasNode({ nodes }: GuestLedger, number: NumberText, device: string): boolean {
  return nodes.some((node) => node.number === number && node.device === device);
}
