import type { Action } from './action.ts';
import type { Refusal } from './failure.ts';
import type { GuestLedger, Memory } from './ledger.ts';

/** What one pass will do. */
export interface Plan {
  readonly actions: readonly Action[];
  /** Monotonic milliseconds at which to look again although nothing happened; absent: only when something happens. */
  readonly wakeAt?: number;
  /** Wishes that cannot be met, each with what to do about it. */
  readonly refusals: readonly Refusal[];
  /** The ledger when every action is done. */
  readonly after: GuestLedger;
  /** By its key, all that the guest's own programs do not know yet, also what is not told by this plan. */
  readonly toTell: readonly string[];
  /** The guest's memory with what it changed itself since the last pass. */
  readonly memory: Memory;
}
