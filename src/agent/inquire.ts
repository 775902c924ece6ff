import { holderText } from '../devices/holder-text.ts';
import type { NumberText } from '../model/number.ts';
import type { Clock } from '../ports/clock.ts';
import type { Executor } from '../ports/executor.ts';
import type { Queue } from './queue.ts';
import type { GuestRecord, Inquiry } from './world.ts';

/** What of the world it needs. */
interface Ears {
  readonly ports: { readonly executor: Pick<Executor, 'holders'>; readonly clock: Pick<Clock, 'now'> };
  readonly records: ReadonlyMap<string, GuestRecord>;
  readonly queue: Pick<Queue, 'add'>;
}

/** Whether anybody in a guest holds a number. */
export interface Doubt {
  readonly guest: string;
  readonly number: NumberText;
}

/**
 * A device of several numbers is decided on as a whole: what is known of one of them waits so long for the others, monotonic
 * ms. Without that each answer would outdate the one before, and nothing would ever be decided.
 */
const FRESH_MS = 50;

/**
 * Who holds these numbers, by `inquiryKey`. Nobody waits for a guest that may play dead: until it has answered it counts as
 * one that holds it, and an answer that says something else leads to a pass.
 */
export function inquire(world: Ears, record: GuestRecord, doubts: readonly Doubt[]): ReadonlyMap<string, Inquiry> {
  const asked = new Map(doubts.map((doubt) => [inquiryKey(doubt), doubt]));
  const now = new Map([...asked].map(([key, doubt]) => [key, known(record.inquiries.get(key), doubt)]));
  // An answer is good for one decision.
  const isWhole = [...now.values()].every(({ state }) => state === 'answered');
  const isKept = ({ state, until }: Inquiry) => !isWhole && state === 'answered' && world.ports.clock.now() < until;
  record.inquiries = new Map([...now].map(([key, one]) => [key, isKept(one) ? one : spent(one)]));
  // On a copy of the record nothing is asked: somebody only wants to know what would be.
  if (world.records.get(record.guest.name) !== record) return now;
  for (const [key, doubt] of asked) {
    const inquiry = now.get(key);
    if (inquiry?.state === 'used') void ask(world, record, doubt, inquiry.held);
  }
  return now;
}

export function inquiryKey({ guest, number }: Doubt): string {
  return `${guest} ${number}`;
}

// What nobody held a decision ago may be held again.
function known(before: Inquiry | undefined, doubt: Doubt): Inquiry {
  if (before !== undefined && before.state !== 'used') return before;
  return { held: before?.held ?? silence(doubt), state: 'used', until: 0 };
}

function spent(inquiry: Inquiry): Inquiry {
  return inquiry.state === 'answered' ? { ...inquiry, state: 'used' } : inquiry;
}

async function ask(world: Ears, record: GuestRecord, doubt: Doubt, held: string | undefined): Promise<void> {
  const inquiry: Inquiry = { held, state: 'asked', until: 0 };
  record.inquiries = new Map(record.inquiries).set(inquiryKey(doubt), inquiry);
  const answer = await heldText(world, doubt);
  if (record.inquiries.get(inquiryKey(doubt)) !== inquiry) return; // nobody waits for it any more
  const state = answer === held ? 'used' : 'answered';
  const until = world.ports.clock.now() + FRESH_MS;
  record.inquiries = new Map(record.inquiries).set(inquiryKey(doubt), { held: answer, state, until });
  if (state === 'answered' && world.records.get(record.guest.name) === record) world.queue.add(record.guest.name);
}

async function heldText(world: Ears, doubt: Doubt): Promise<string | undefined> {
  const { guest, number } = doubt;
  const answer = await world.ports.executor.holders(guest, number);
  if (!answer.ok) return silence(doubt);
  if (answer.value.length === 0) return undefined;
  return `guest ${guest} holds ${number} open: ${answer.value.map(holderText).join(', ')}`;
}

function silence({ guest, number }: Doubt): string {
  return `guest ${guest} does not say who holds ${number}`;
}
