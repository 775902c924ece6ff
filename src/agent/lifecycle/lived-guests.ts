import type { Refusal } from '../../model/failure.ts';
import type { Guest, GuestInstance } from '../../model/guest.ts';
import type { UnitExits } from './unit-exits.ts';

/** What became of the starts of guests, as others of the agent see it. */
export interface Lives {
  readonly exits: UnitExits;
  /** It was found as it is, before anybody heard of it. */
  found(guest: Guest): void;
  /** That start of it runs. */
  started(guest: string, instance: GuestInstance): void;
  /** That start of it has ended. */
  ended(guest: string, instance: GuestInstance, isAskedFor: boolean): void;
  /** Goes on to find out what ends were that an agent before this one had seen. */
  takeUp(guests: Iterable<string>): void;
  /** Whether nothing more comes of the start of it that was there last: its runtime has cleared away, and has ended. */
  isGone(guest: string): boolean;
  /** The process that sees to it for its runtime, over its starts: number and start time; undefined: nobody knows. It may have ended. */
  keeperOf(guest: string): string | undefined;
  /** Of those that are to start with the host, holds the one that it may have died of. */
  holdHostKiller(guests: readonly string[]): void;
  /** Stops one that has rebooted although it may not. */
  stopUnwanted(guest: string): void;
  /** Somebody wants it stopped, also where it has ended a moment ago. Answers whether it may still come again, and is stopped then. */
  withdraw(guest: string): boolean;
  /** Somebody starts it: it is not stopped when it comes again. */
  want(guest: string): void;
  /** The same by its name: it is not held off any more. */
  release(guest: string): void;
  refusals(guest: string): readonly Refusal[];
  forget(guest: string): void;
}
