import type { Refusal } from '../../model/failure.ts';
import type { Corrections, GuestLedger } from '../../model/ledger.ts';
import type { Scene } from './scene.ts';

const LIMIT = 5;
const WINDOW_MS = 60_000;

/** Whether what the guest undid may be done again, and what that makes of the count. */
export type Correction =
  | { readonly allowed: true; readonly corrections: Corrections }
  | { readonly allowed: false; readonly refusal: Refusal; readonly wakeAt: number };

/** A path is corrected five times in a minute from its first correction; then it is left alone until that minute is over. */
export function correct(
  path: string,
  { guest, ledger, now }: Pick<Scene, 'guest' | 'ledger' | 'now'>,
  limit = LIMIT,
): Correction {
  const former = ledger.corrections[path];
  if (!former || isOver(former, now)) return { allowed: true, corrections: { count: 1, since: now } };
  if (former.count < limit) return { allowed: true, corrections: { ...former, count: former.count + 1 } };
  const refusal: Refusal = { code: 'E_FIGHT', subject: `${guest}:${path}`, detail: `${limit}` };
  return { allowed: false, refusal, wakeAt: former.since + WINDOW_MS };
}

/** The counts whose minute is not over. */
export function currentCorrections(corrections: GuestLedger['corrections'], now: number): GuestLedger['corrections'] {
  return Object.fromEntries(Object.entries(corrections).filter(([, one]) => !isOver(one, now)));
}

/** A beginning that lies ahead is of another clock, and means nothing. */
function isOver({ since }: Corrections, now: number): boolean {
  return now - since >= WINDOW_MS || since > now;
}
