import type { Refusal } from '../../model/failure.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { StopSettings } from '../../model/lifecycle.ts';
import type { StopState } from '../../model/stop.ts';
import type { StoppingView, StopView, StopWish } from '../../ports/agent.ts';

/** To a guest that is stopped with it. */
export interface HostsEnd {
  /** What it would have if the host did not go down, in milliseconds. */
  readonly ownMs: number;
  /** When it is ended whatever time it has, in milliseconds since the host started. */
  readonly endsAt: number;
}

/** The stops under way, as others of the agent see them. */
export interface Stops {
  /**
   * One that is being stopped goes on as it is, and has no more time than is given now. `host`: what the end of the host makes of that; absent:
   * nothing.
   */
  begin(guest: string, of: GuestInstance, settings: StopSettings, host?: HostsEnd): void;
  /** Goes on with what an agent before this one had begun. */
  takeUp(guests: Iterable<string>): void;
  /** Something about the guest may have changed. */
  look(guest: string): void;
  /** Absent: nobody stops it. */
  of(guest: string): StopState | undefined;
  /** Whether hardware is taken from it, and none is given to it. */
  takesDevices(guest: string): boolean;
  /** As others see it; absent: nobody stops it. */
  view(guest: string): StoppingView | undefined;
  /** Whether anybody is in its cgroup. */
  populated(guest: string, isPopulated: boolean): void;
  refusals(guest: string): readonly Refusal[];
  forget(guest: string): void;
}

/** Guests that are stopped together, in order. */
export interface StopsTogether {
  /** It waits for its turn to be stopped. */
  awaits(guest: string): boolean;
  /** Goes on with what an agent before this one had not come to. */
  takeUp(): void;
  /** Answers those of them that run, or whose stop is not over. */
  begin(guests: readonly string[], wish: StopWish): readonly StopView[];
  /** Begins to stop that one whose turn ever it is. One that reboots while it waits for its turn waits on, and is stopped as is said now. */
  stopNow(guest: string, wish: StopWish): StopView;
  /**
   * The same when the host is about to go down: all that only have to be asked are asked at once, each when it is its turn. By `endsAt`, in
   * milliseconds since the host started, all are to have ended; undefined: nothing ends them.
   */
  beginWithHost(guests: readonly string[], endsAt: number | undefined): readonly StopView[];
  /** It does not go down after all. Answers those that waited for their turn for that alone, which are not stopped; undefined: nobody was. */
  withdrawWithHost(): readonly string[] | undefined;
  /** Whether nobody is being stopped, nor waits for that. */
  areOver(): boolean;
}
