import type { Action } from '../model/action.ts';
import { claimant } from '../model/claimant.ts';
import type { FailureCode, Refusal } from '../model/failure.ts';
import type { Failed } from '../ports/executor.ts';

/** What a step that failed means; undefined: nothing went wrong, the world moved on and an event tells of it. */
export function refusalOf(guest: string, action: Action | undefined, failed: Failed): Refusal | undefined {
  if (movedOn(failed)) return undefined;
  const claimed = claimedBy(guest, failed);
  if (claimed !== undefined) return claimed;
  if (isTelling(action) && failed.call !== 'deadline') return untold(guest, action, failed);
  const path = action !== undefined && 'path' in action ? action.path : '';
  const subject = path === '' ? guest : `${guest}:${path}`;
  return { code: codeOf(failed), subject, detail: detailOf(action, failed) };
}

/** Whether the guest, its worker or the executor is not there: whatever else is asked of the guest now would fail too. */
export function isOfWholeGuest(failed: Failed): boolean {
  return isNotOpen(failed) || ['executor', 'busy', 'claimed'].includes(failed.call);
}

/**
 * Whether the executor does not hold the guest open, or not as it is now: an answer of an executor that has ended meanwhile may
 * have said that it does, and the event that tells of a worker's end may come later.
 */
export function isNotOpen({ call }: Failed): boolean {
  return ['guest', 'root', 'deadline', 'worker'].includes(call);
}

/** Whether an action only tells the guest what it has. */
export function isTelling(action: Action | undefined): action is Extract<Action, { verb: 'tell' | 'let-listen' }> {
  return action?.verb === 'tell' || action?.verb === 'let-listen';
}

export function untold(guest: string, action: Action | undefined, failed: Failed): Refusal {
  if (failed.call === 'host') return { code: 'W_UDEV_SHARED', subject: guest };
  return { code: 'W_UNTOLD', subject: guest, detail: detailOf(action, failed) };
}

/** Nothing of a guest can be changed that another agent governs. */
export function claimedBy(guest: string, { call, subject }: Failed): Refusal | undefined {
  return call === 'claimed' ? { code: 'E_CLAIMED', subject: guest, detail: claimant(subject) } : undefined;
}

function movedOn({ errno, call }: Failed): boolean {
  return (
    (call === 'guest' && errno === 'ESRCH') || // the guest ended
    (call === 'sysfs' && errno === 'ENODEV') || // the device went
    call === 'diskseq' || // another disk has its number: it is looked at again
    (call === 'pidfd_open' && errno === 'ESRCH') || // the process that was to be told ended by itself
    (call === 'plan' && errno === 'ECANCELED') || // an earlier step failed and was reported
    call === 'drift' || // the runtime's own program came back: the next pass sees it
    call === 'executor' // the executor ended: everything is looked at again
  );
}

function codeOf({ errno, call }: Failed): FailureCode {
  if (call === 'deadline') return 'E_GUEST_SUSPECT';
  if (call === 'policy') return 'E_POLICY_FOREIGN';
  if (call === 'program-held') return 'E_PROGRAM_HELD';
  if (call === 'program-attach' || call === 'program') return 'E_PROGRAM_LOST';
  if (call === 'entries') return 'E_GRANTS_FULL';
  if (call === 'systemd') return 'E_SYSTEMD';
  if (call === 'unit') return 'E_UNIT_POLICY';
  if (call === 'foreign' || call === 'host') return 'E_NODE_FOREIGN';
  if (call === 'openat2' && (errno === 'ELOOP' || errno === 'EXDEV')) return 'E_PATH_ESCAPE';
  return 'E_ACTION';
}

/** In words, which step of what failed and why. */
export function detailOf(action: Action | undefined, { errno, call, subject }: Failed): string {
  if (call === 'foreign') return 'something else';
  if (call === 'unit') return subject;
  if (call === 'program-held') return `program ${subject}`;
  if (call === 'systemd') return `${errno} ${subject}`; // whatever it was asked
  if (call === 'host') return "the host's own /dev"; // bound into the guest
  return `${action?.verb ?? 'look'}: ${call} ${errno}${subject === '' ? '' : ` ${subject}`}`;
}
