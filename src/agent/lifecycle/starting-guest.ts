import type { GuestInstance } from '../../model/guest.ts';
import { processKey } from '../../model/process-key.ts';

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
