import { tellKey } from '../devices/plan/tell.ts';
import type { Action } from '../model/action.ts';
import type { Plan } from '../model/plan.ts';
import type { Failed } from '../ports/executor.ts';
import { backoffMs } from './backoff.ts';
import { earliest } from './earliest.ts';
import { isTelling, untold } from './failed.ts';
import type { GuestRecord, Untold } from './world.ts';

/** Tries in about two minutes; then the guest is told when it starts anew. */
const TRIES = 12;

/** These are not tried again in this start: the worker had to be killed for it, or the host's own is bound there. */
const FINAL = ['deadline', 'worker', 'host'];

/** Only its own telling is put off when a guest cannot be told. */
export function untoldAfter(
  { guest, untold: before }: GuestRecord,
  action: Action | undefined,
  failed: Failed,
  now: number,
): GuestRecord['untold'] {
  if (!isTelling(action)) return before;
  const key = tellKey(action);
  const tries = FINAL.includes(failed.call) ? TRIES : (before.get(key)?.tries ?? 0) + 1;
  const until = tries >= TRIES ? Number.POSITIVE_INFINITY : now + backoffMs(tries);
  return new Map(before).set(key, { tries, until, refusal: untold(guest.name, action, failed) });
}

/** Whether nobody tries this any more in this start: an end that was not told is forgotten by the next plan. */
export function isGivenUp({ untold }: GuestRecord, action: Action | undefined): boolean {
  return isTelling(action) && untold.get(tellKey(action))?.until === Number.POSITIVE_INFINITY;
}

export function toldNow(before: GuestRecord['untold'], done: readonly Action[]): GuestRecord['untold'] {
  const keys = done.filter(isTelling).map(tellKey);
  if (!keys.some((key) => before.has(key))) return before;
  return new Map([...before].filter(([key]) => !keys.includes(key)));
}

/** Something was mounted: what was the host's may be the guest's own by now. */
export function withoutShared(before: GuestRecord['untold']): GuestRecord['untold'] {
  return new Map([...before].filter(([, { refusal }]) => refusal.code !== 'W_UDEV_SHARED'));
}

/** Without what there is nothing to tell of any more, since the device went or has another number. */
export function stillUntold(before: GuestRecord['untold'], { toTell }: Pick<Plan, 'toTell'>): GuestRecord['untold'] {
  return new Map([...before].filter(([key]) => toTell.includes(key)));
}

/** When to try again: what is due by now soon, or with what else of the guest failed. */
export function tellAgainAt({ untold, retry }: Pick<GuestRecord, 'untold' | 'retry'>, now: number): number | undefined {
  const due = [...untold.values()].map(({ until }) => until).filter((until) => until < Number.POSITIVE_INFINITY);
  return due.map((until) => (until > now ? until : (retry?.at ?? now + backoffMs(1)))).reduce(earliest, undefined);
}

/** Those that nobody tries now. */
export function mutedNow({ untold }: GuestRecord, now: number): ReadonlyMap<string, Untold> {
  return new Map([...untold].filter(([, { until }]) => until > now));
}
