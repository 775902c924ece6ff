import { holderText } from '../devices/holder-text.ts';
import type { NumberText } from '../model/number.ts';
import type { Executor } from '../ports/executor.ts';
import type { Queue } from './queue.ts';
import type { GuestRecord, Inquiry } from './world.ts';

/** What of the world it needs. */
interface Ears {
  readonly ports: { readonly executor: Pick<Executor, 'holders'> };
  readonly records: ReadonlyMap<string, GuestRecord>;
  readonly queue: Pick<Queue, 'add'>;
}

/** Whether anybody in a guest holds a number. */
export interface Doubt {
  readonly guest: string;
  readonly number: NumberText;
}

/**
 * Who holds these numbers, by `inquiryKey`. Nobody waits for a guest that may play dead: until it has answered it counts as
 * one that holds it, and an answer that says something else leads to a pass.
 */
export function inquire(world: Ears, record: GuestRecord, doubts: readonly Doubt[]): ReadonlyMap<string, Inquiry> {
  const asked = new Map(doubts.map((doubt) => [inquiryKey(doubt), doubt]));
  const now = new Map([...asked].map(([key, doubt]) => [key, known(record.inquiries.get(key), doubt)]));
  // An answer is good for one decision.
  record.inquiries = new Map([...now].map(([key, one]) => [key, one.state === 'answered' ? used(one) : one]));
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
  if (before === undefined || before.state === 'used') return { held: before?.held ?? silence(doubt), state: 'used' };
  return before;
}

function used({ held }: Inquiry): Inquiry {
  return { held, state: 'used' };
}

async function ask(world: Ears, record: GuestRecord, doubt: Doubt, held: string | undefined): Promise<void> {
  const inquiry: Inquiry = { held, state: 'asked' };
  record.inquiries = new Map(record.inquiries).set(inquiryKey(doubt), inquiry);
  const answer = await heldText(world, doubt);
  if (record.inquiries.get(inquiryKey(doubt)) !== inquiry) return; // nobody waits for it any more
  const state = answer === held ? 'used' : 'answered';
  record.inquiries = new Map(record.inquiries).set(inquiryKey(doubt), { held: answer, state });
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
