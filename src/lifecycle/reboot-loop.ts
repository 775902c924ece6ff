import type { GuestHistory, TooManyReboots } from '../model/guest-history.ts';
import type { RebootSettings } from '../model/lifecycle.ts';

/** More than that is told of a guest whose file says nothing. */
const USUAL: RebootSettings = { budget: 10, withinMs: 3_600_000 };
/** So many reboots are remembered. */
const REMEMBERED = 100;

/** What becomes of a guest that has rebooted from inside. `isUnwanted`: it is stopped. */
export interface AfterReboot {
  readonly history: GuestHistory;
  readonly isUnwanted: boolean;
  /** It has just become too often. */
  readonly isOften?: TooManyReboots;
}

export function rebooted(before: GuestHistory, settings: RebootSettings | 'off' | undefined, at: number): AfterReboot {
  const reboots = [...(before.reboots ?? []), at].slice(-REMEMBERED);
  const history = { ...before, reboots };
  if (settings === 'off') return { history, isUnwanted: true };
  const { budget, withinMs } = settings ?? USUAL;
  const count = countUntil(reboots, at, withinMs);
  if (count <= budget) return { history, isUnwanted: false };
  const isOften = { reboots: count, withinMs };
  if (settings !== undefined)
    return { history: { ...history, isQuarantined: true, quarantinedFor: isOften }, isUnwanted: true, isOften };
  const last = before.reboots?.at(-1);
  const wasOften = last !== undefined && countUntil(before.reboots ?? [], last, withinMs) > budget;
  return { history, isUnwanted: false, ...(!wasOften && { isOften }) };
}

// A calendar that was set back leaves reboots behind that have not been yet.
function countUntil(reboots: readonly number[], until: number, withinMs: number): number {
  return reboots.filter((at) => at > until - withinMs && at <= until).length;
}
