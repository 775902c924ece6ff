import type { Refusal } from '../model/failure.ts';
import type { Guest } from '../model/guest.ts';
import { processKey } from '../model/process-key.ts';
import { backoffMs } from './backoff.ts';
import { forgetLedger } from './forget-ledger.ts';
import { wakeWaiting } from './handover.ts';
import { keepsGrants } from './kept-grants.ts';
import { forgetHistory } from './lifecycle/histories.ts';
import { offerGuarantees } from './limits/admitted.ts';
import { reloadForOtherGuests } from './reload.ts';
import { beginStart, forgetStart, type GuestRecord, newRecord, type World } from './world.ts';

/** A guest's init appears some milliseconds after its cgroup, on a busy host seconds, and v1 has no event for that: 20 s in all. */
const LOOKS_FOR_INIT = 15;

/** Where the runtime is still at work then, on a slow disk or behind a slow mount. */
const LATE_LOOK_MS = 10_000;

/** A guest is seen some milliseconds before LXC calls its hook, on a busy host seconds. */
const HOOK_MS = 5000;

/** Looks at all guests: those that came, went, started or stopped are taken in. False: nobody could look. */
export async function findGuests(world: World, tries = 1): Promise<boolean> {
  const asked = nextQuestion(world);
  const answer = await world.ports.guests.find();
  if (!answer.ok) return false; // the executor ended: all are looked for again
  const { guests, starting, unheard, nameless = [] } = answer.value;
  const names = new Set(guests.map(({ name }) => name));
  for (const name of world.records.keys()) if (!names.has(name)) forgetGuest(world, name);
  for (const guest of guests) takeIn(world, guest, asked);
  for (const name of starting) lookAgain(world, name, 1);
  listenAgain(world, unheard, tries);
  tellNameless(world, nameless);
  return true;
}

// Each is told once, for as long as it is there.
function tellNameless(world: World, nameless: readonly Refusal[]): void {
  const known = new Set(world.nameless.map(({ subject }) => subject));
  for (const refusal of nameless) if (!known.has(refusal.subject)) world.report.refusal(refusal);
  world.nameless = nameless;
}

// Told once, and tried again until there is an ear for the coming and going of guests.
function listenAgain(world: World, unheard: readonly Refusal[], tries: number): void {
  const { clock } = world.ports;
  const codes = new Set(world.unheard.map(({ code }) => code));
  const first = new Map(unheard.toReversed().map((refusal) => [refusal.code, refusal])); // of many one of each kind
  for (const [code, refusal] of first) if (!codes.has(code)) world.report.refusal(refusal);
  world.unheard = unheard;
  if (unheard.length > 0) clock.wake(clock.now() + backoffMs(tries + 2), () => void findGuests(world, tries + 1));
}

/**
 * Looks at one guest. A guest whose cgroup has no init yet is looked at again, later and later, a bounded number of times; one
 * that its runtime is at work on, as long as it is.
 */
export async function findGuest(world: World, name: string, look = 1): Promise<void> {
  const asked = nextQuestion(world);
  const located = await world.ports.guests.locate(name);
  if (!located.ok) return;
  const guest = located.value;
  if (guest === undefined) return forgetGuest(world, name);
  takeIn(world, guest, asked);
  if (guest.instance !== undefined) return;
  if (look < LOOKS_FOR_INIT) lookAgain(world, name, look);
  else await lookLate(world, name);
}

function lookAgain(world: World, name: string, look: number): void {
  const { clock } = world.ports;
  clock.wake(clock.now() + backoffMs(look) / 10, () => void findGuest(world, name, look + 1));
}

// One alarm a guest, however many searches end here.
async function lookLate(world: World, name: string): Promise<void> {
  const { guests, clock } = world.ports;
  if (!(await guests.awaitsInit(name))) return;
  const record = world.records.get(name);
  if (record === undefined) return;
  record.cancelLook();
  record.cancelLook = clock.wake(clock.now() + LATE_LOOK_MS, () => void findGuest(world, name, LOOKS_FOR_INIT));
}

/** The guest's init ended: the kernel has taken its nodes and grants with it. */
export async function guestGone(world: World, name: string): Promise<void> {
  const record = world.records.get(name);
  if (record === undefined) return;
  const { instance } = record.guest;
  // One that was never opened was found in a new start before the end of the last one was told.
  if (instance !== undefined && record.ledger.instance === processKey(instance)) {
    if (!keepsGrants(record.guest)) world.ports.store.removeLedger(name);
    takeIn(world, { name, runtime: record.guest.runtime }, nextQuestion(world));
  }
  await findGuest(world, name); // it may have been started again already
}

function nextQuestion(world: World): number {
  world.questions += 1;
  return world.questions;
}

function takeIn(world: World, guest: Guest, asked: number): void {
  const known = world.records.get(guest.name);
  if (known !== undefined && known.asked > asked) return;
  const record = known ?? newRecord(guest, world.ports.store.memory(guest.name));
  if (known === undefined) {
    world.records.set(guest.name, record);
    reloadForOtherGuests(world);
  }
  record.asked = asked;
  if (known !== undefined && sameStart(known.guest, guest)) return;
  const isStart = world.ready && record.guest.instance === undefined && guest.instance !== undefined;
  record.start = known !== undefined && isStart ? 'unasked' : 'unseen';
  record.mayAskUntil = world.ports.clock.now() + HOOK_MS;
  noteLife(world, known, guest);
  record.guest = guest;
  record.opened = undefined;
  record.looks = 0;
  if (guest.instance === undefined) endStart(world, record);
  else beginStart(record);
  if (known !== undefined && guest.instance === undefined) offerGuarantees(world);
  if (known !== undefined || guest.instance !== undefined) reportStart(world, guest);
  lookAtAll(world, guest.name);
}

function lookAtAll(world: World, name: string): void {
  world.queue.add(name);
  world.limiter.look(name);
  world.stops.look(name);
  world.starts.look();
  // Before that it is not known who is being stopped.
  if (world.ready) world.lives.stopUnwanted(name);
  world.leavings.look(name);
}

function noteLife({ lives }: World, known: GuestRecord | undefined, guest: Guest): void {
  if (known === undefined) return lives.found(guest);
  const { instance } = known.guest;
  if (instance !== undefined) lives.ended(guest.name, instance, known.stopping);
  if (guest.instance !== undefined) lives.started(guest.name, guest.instance);
}

function endStart(world: World, record: GuestRecord): void {
  // Its runtime removes its cgroup in a moment: nothing comes before the last look at that.
  world.limiter.reread(record.guest.name);
  forgetStart(record);
}

function sameStart(a: Guest, b: Guest): boolean {
  if (a.runtime !== b.runtime || a.alsoOf !== b.alsoOf) return false;
  return a.instance?.pid === b.instance?.pid && a.instance?.startTime === b.instance?.startTime;
}

function forgetGuest(world: World, name: string): void {
  const record = world.records.get(name);
  if (record === undefined) return;
  record.cancelLook();
  world.records.delete(name);
  wakeWaiting(world, record);
  world.queue.forget(name);
  world.limiter.forget(name);
  world.stops.forget(name);
  world.starts.forget(name);
  world.lives.forget(name);
  forgetHistory(world, name);
  offerGuarantees(world);
  reloadForOtherGuests(world);
  world.alerts.forget(name);
  void world.ports.executor.close(name);
  void forgetLedger(world, record);
  world.report.fact({ kind: 'guest', guest: name, says: `${name}: is not on this host any more` });
}

function reportStart(world: World, { name, instance }: Guest): void {
  const says = instance === undefined ? `${name}: stopped` : `${name}: runs, init is process ${instance.pid}`;
  world.report.fact({ kind: 'guest', guest: name, says });
}
