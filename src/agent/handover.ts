import { withoutBroken } from '../devices/group.ts';
import { type Gift, hasLetGo, type Neighbour, perhapsHeld, stillWith } from '../devices/handover.ts';
import { holderText } from '../devices/holder-text.ts';
import type { Refusal } from '../model/failure.ts';
import type { GuestLedger } from '../model/ledger.ts';
import type { DesiredNode } from '../model/node.ts';
import { type NumberText, numberText } from '../model/number.ts';
import type { Plan } from '../model/plan.ts';
import { adoptLedger } from './open.ts';
import type { GuestRecord, World } from './world.ts';

/** A hand-over takes some milliseconds, and a program that is asked to end some more: nobody is told of those. */
const QUIET_MS = 1000;

export interface HandOver {
  readonly nodes: readonly DesiredNode[];
  readonly refusals: readonly Refusal[];
}

/** What the guest may be given now: what another one still has, or holds open, waits. What it has already is its own. */
export async function handOver(world: World, record: GuestRecord, wanted: readonly DesiredNode[]): Promise<HandOver> {
  const fresh = wanted.filter(({ number, device }) => !hasNode(record.ledger, numberText(number), device));
  const neighbours = fresh.length === 0 ? [] : neighboursOf(world, record);
  const doubtful = fresh.filter((node) => isDoubtful(world, giftOf(node), neighbours));
  // From the first question on: a guest that plays dead answers late.
  if (doubtful.length > 0) record.waitsSince ??= world.ports.clock.now();
  const answers = await Promise.all(doubtful.map((node) => heldText(world, giftOf(node), neighbours)));
  const kept = new Map(doubtful.flatMap((node, at) => entry(node, answers[at])));
  if (kept.size === 0) record.waitsSince = undefined;
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
export function isDue({ waitsSince }: GuestRecord, { code }: Refusal, now: number): boolean {
  const isOfWaiting = code === 'E_HELD' || code === 'E_INCOMPLETE';
  return !isOfWaiting || waitsSince === undefined || now - waitsSince >= QUIET_MS;
}

function giftOf({ number, rule, device }: DesiredNode): Gift {
  return { number: numberText(number), rule, device };
}

function isDoubtful(world: World, gift: Gift, neighbours: readonly Neighbour[]): boolean {
  const isShared = isSharedIn(world);
  return stillWith(gift, neighbours, isShared) !== undefined || perhapsHeld(gift, neighbours, isShared).length > 0;
}

async function heldText(world: World, gift: Gift, neighbours: readonly Neighbour[]): Promise<string | undefined> {
  const isShared = isSharedIn(world);
  const guest = stillWith(gift, neighbours, isShared);
  if (guest !== undefined) return `guest ${guest} still has ${gift.number}`;
  // All at once: one that does not answer is waited for once, not after each other one.
  const held = perhapsHeld(gift, neighbours, isShared).map((other) => heldInText(world, other, gift));
  return (await Promise.all(held)).find((text) => text !== undefined);
}

async function heldInText(world: World, other: string, { number }: Gift): Promise<string | undefined> {
  const answer = await world.ports.executor.holders(other, number);
  if (!answer.ok) return `guest ${other} does not say who holds ${number}`;
  if (answer.value.length === 0) return undefined;
  return `guest ${other} holds ${number} open: ${answer.value.map(holderText).join(', ')}`;
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
