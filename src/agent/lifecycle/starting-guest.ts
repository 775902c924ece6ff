import { isTriedAgain } from '../../lifecycle/start-order.ts';
import type { GuestInstance } from '../../model/guest.ts';
import { processKey } from '../../model/process-key.ts';
import type { StartingGuest } from '../../model/start.ts';

/** What only this agent knows of a start. One that ran is named by its init. */
export interface StartSeen {
  /** `asked`: its runtime has not answered yet. */
  state: 'new' | 'asked' | 'answered';
  /** When its runtime answered, in milliseconds since the host started. */
  answeredAt: number;
  /** The last one that was seen to run. */
  ran: string | undefined;
  /** The one whose readiness is looked at. */
  probed: string | undefined;
  /** The one that was found ready. */
  ready: string | undefined;
  /** What its runtime said that could not begin it. */
  refused: string | undefined;
  /** Why it does not run. */
  failed: string | undefined;
}

export function nothingSeen(): StartSeen {
  const never = { ran: undefined, probed: undefined, ready: undefined, refused: undefined, failed: undefined };
  return { state: 'new', answeredAt: 0, ...never };
}

/** Of one that nobody starts any more. */
export function failedSeen(why: string): StartSeen {
  return { ...nothingSeen(), state: 'answered', failed: why };
}

export function failedStart({ guest, settings }: StartingGuest, since: number): StartingGuest {
  return { guest, settings, phase: 'failed', since, isUnwanted: true };
}

/** Whether one of them is not begun before that guest is ready; those in `except` are not meant. */
export function isAwaited(
  guest: string,
  starts: readonly StartingGuest[],
  except: ReadonlySet<string> = new Set(),
): boolean {
  return starts.some((one) => isHeldOff(one.phase) && one.settings.after.includes(guest) && !except.has(one.guest));
}

/** One that is ready is over; one that failed is kept until it is asked for again, or as long as it is waited for where nobody wants it. */
export function isKept({ guest, phase, isUnwanted }: StartingGuest, starts: readonly StartingGuest[]): boolean {
  return phase !== 'ready' && (isUnwanted !== true || isAwaited(guest, starts));
}

/** Whether its runtime is still to be asked for it, as far as this agent knows. */
export function isUnbegun(phase: StartingGuest['phase'], { state, ran }: StartSeen): boolean {
  return phase === 'starting' && state === 'new' && ran === undefined;
}

/** Its runtime is at work: on that start, which an agent before has asked for, or still on the one before. */
export function heldBack(start: StartingGuest, seen: StartSeen, since: number): StartingGuest {
  return isUnbegun(start.phase, seen) ? { ...start, phase: 'waiting', since } : start;
}

/** Whether its runtime may still bring it up. */
export function mayCome({ state, ran, failed }: StartSeen): boolean {
  return ran === undefined && (state === 'asked' || (state === 'answered' && failed === undefined));
}

/** Whether what was seen until now says nothing of what comes. */
export function isSeenAnew(
  before: StartingGuest | undefined,
  start: StartingGuest,
  seen: StartSeen | undefined,
): boolean {
  const isTurn = before !== undefined && isHeldOff(before.phase) && start.phase === 'starting';
  return isTriedAgain(before, start) || (isTurn && seen?.state === 'answered');
}

/** What was asked will not be answered, and may have been done. */
export function unask(seen: StartSeen, phase: StartingGuest['phase'], now: number): void {
  if (seen.state === 'asked')
    Object.assign(seen, isHeldOff(phase) ? { state: 'answered', answeredAt: now } : { state: 'new' });
}

export function isHeldOff(phase: StartingGuest['phase']): boolean {
  return phase === 'waiting' || phase === 'held';
}

/** Whether there is a start already that is not to be later than that one. `isComing`: its runtime may still bring it up. */
export function isWantedAlready(
  { notBefore }: Pick<StartingGuest, 'notBefore'>,
  start: StartingGuest | undefined,
  isComing: boolean,
): boolean {
  if (start?.phase === 'starting') return notBefore === undefined || isComing;
  return start?.phase === 'waiting' && start.notBefore === undefined;
}

/** A runtime may say that it has begun a guest long before its init is there: it has as long as the start, and never less. */
const COMES_MS = 10_000;
const CLEARED_MS = 100;

/** What is seen of a guest that is being started. Answers when to look again although nothing happens. */
export function noteRun(
  seen: StartSeen,
  instance: GuestInstance | undefined,
  isGone: boolean,
  now: number,
  timeoutMs = 0,
): number | undefined {
  if (instance !== undefined) {
    seen.ran = processKey(instance);
    if (seen.state === 'answered') seen.refused = undefined; // somebody else has begun it
  }
  if (instance !== undefined || seen.failed !== undefined || seen.state === 'asked') return undefined;
  if (seen.ran !== undefined || seen.refused !== undefined) return ended(seen, isGone, now);
  if (seen.state === 'new') return undefined;
  const comesBy = seen.answeredAt + Math.max(COMES_MS, timeoutMs);
  if (now < comesBy) return comesBy;
  if (!isGone) return now + COMES_MS;
  seen.failed = 'its runtime has begun it, and nothing runs';
  return undefined;
}

// One that its runtime still sees to has rebooted.
function ended(seen: StartSeen, isGone: boolean, now: number): number | undefined {
  if (!isGone) return now + CLEARED_MS;
  seen.failed = seen.refused ?? 'it ended before it was ready';
  return undefined;
}
