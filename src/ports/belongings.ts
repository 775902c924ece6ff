import type { Belonging, LeftBelonging } from '../model/belongings.ts';
import type { GuestInstance } from '../model/guest.ts';
import type { Answer } from './executor.ts';

/** What guests have of the host, and leave there. */
export interface BelongingsKeeper {
  /** What this start has that nobody else has, with those of its runtime's cgroups that are named. */
  of(instance: GuestInstance, cgroups: readonly string[]): Promise<Answer<readonly Belonging[]>>;
  /** Which of these are still there. */
  left(has: readonly Belonging[]): Promise<Answer<readonly LeftBelonging[]>>;
  /** Removes one of that start, which has ended; `has` is all that it had. */
  takeAway(of: GuestInstance, what: Belonging, has: readonly Belonging[]): Promise<Answer<void>>;
  /** Removes what its runtime leaves for all of its guests beside these, if none of them uses it; EBUSY: not yet. */
  clearShared(has: readonly Belonging[]): Promise<Answer<void>>;
}
