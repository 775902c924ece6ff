import type { Action } from '../model/action.ts';
import type { Answer, Failed, GrantsSeen } from '../ports/executor.ts';
import { keepsGrants } from './kept-grants.ts';
import type { GuestRecord, World } from './world.ts';

/** systemd is one process for the whole host: whoever makes passes happen shall not keep it busy. A doubt ends it sooner: permissions.ts. */
const REST_MS = 1000;

export interface GrantsLook {
  readonly answer: Answer<GrantsSeen>;
  /** It was said a while ago: when (monotonic ms) it has to be asked for anew. What was not answered is tried again anyway. */
  readonly staleAt?: number;
}

/** What the guest may open now. Where systemd has to be asked, the same answer serves for a second, unless something is changed or doubted. */
export async function lookAtGrants(
  { ports: { executor, clock } }: Pick<World, 'ports'>,
  record: GuestRecord,
): Promise<GrantsLook> {
  const kept = record.kept;
  if (kept !== undefined && clock.now() < kept.until)
    return { answer: kept.answer, ...(kept.answer.ok && { staleAt: kept.until }) };
  const { doubts } = record;
  const answer = await executor.grants(record.guest.name);
  if (record.doubts === doubts && keepsGrants(record.guest) && (answer.ok || isUnanswered(answer.failed)))
    record.kept = { answer, until: clock.now() + REST_MS };
  return { answer };
}

/** Somebody else may have changed its permissions: what is being answered meanwhile is not kept either. */
export function doubtAnswers(record: GuestRecord): void {
  record.doubts += 1;
  record.kept = undefined;
}

/** What was known of its permissions is not true any more once these are begun. */
export function forgetGrants(record: GuestRecord, actions: readonly Action[]): void {
  if (actions.some(({ verb }) => CHANGING.includes(verb))) record.kept = undefined;
}

const CHANGING: readonly Action['verb'][] = ['grant', 'revoke', 'confine', 'adopt-program', 'join-program'];

/** A step waited for systemd in vain, and the rest of its plan with it: that is done now, without any permission. */
export function goOnWithout(world: Pick<World, 'ports' | 'queue'>, record: GuestRecord, failed: Failed): void {
  if (!isUnanswered(failed)) return;
  record.kept = { answer: { ok: false, failed }, until: world.ports.clock.now() + REST_MS };
  world.queue.add(record.guest.name);
}

/** systemd did not answer, or refused: what it would say of the guest's permissions is not known, all else is. */
export function isUnanswered({ call }: Failed): boolean {
  return call === 'systemd';
}
