import type { Refusal } from '../../model/failure.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { StartSettings } from '../../model/lifecycle.ts';
import type { StartingGuest } from '../../model/start.ts';
import type { StopWish } from '../../ports/agent.ts';

/** A guest that somebody wants to run. */
export interface WantedStart {
  readonly guest: string;
  readonly settings: StartSettings;
  /** A restart: that start of it ends first. */
  readonly of?: GuestInstance;
  /** In milliseconds since the host started. */
  readonly notBefore?: number;
  /** So many times more it is tried where it could not be started. */
  readonly tries?: number;
}

/** The starts under way, as others of the agent see them. */
export interface Starts {
  /** One that is being started already goes on as it is, in the order in force. */
  begin(wanted: readonly WantedStart[]): void;
  /** The same, once in each start of the host. */
  boot(wanted: readonly WantedStart[]): void;
  /**
   * Somebody wants it stopped, and all of `together`: it is not started any more. Answers whether its runtime is at work on it, which is stopped
   * then.
   */
  withdraw(guest: string, wish: StopWish, together?: ReadonlySet<string>): boolean;
  /** Goes on with what an agent before this one had begun. */
  takeUp(): void;
  /** Something about guests may have changed. */
  look(): void;
  /** Absent: nobody starts it. */
  of(guest: string): StartingGuest | undefined;
  refusals(guest: string): readonly Refusal[];
  forget(guest: string): void;
}
