import type { Grant } from '../model/action.ts';
import type { Refusal } from '../model/failure.ts';
import type { Guest, GuestInstance } from '../model/guest.ts';
import type { Answer } from './executor.ts';

export interface Found {
  readonly guests: readonly Guest[];
  /** Names of those that have a cgroup and no init in it yet: no event tells when it comes. */
  readonly starting: readonly string[];
  /** What keeps changes from being reported. */
  readonly unheard: readonly Refusal[];
  /** Guests that are none of these, since nobody can say their names. */
  readonly nameless?: readonly Refusal[];
}

/**
 * `guest`: it may have come, gone, started or stopped; `all`: any of them may. `permissions`: somebody may have changed what
 * guests may open; `unitsOf`: what those guests may open, and where that is said of them. `stops`: somebody has begun to stop one,
 * or ended that.
 */
export type Concern =
  | { readonly guest: string }
  | { readonly unitsOf: readonly string[] }
  | 'all'
  | 'permissions'
  | 'stops';

/** Finds the guests of one runtime: those that are configured and those that run. */
export interface GuestFinder {
  /** All of them; from then on changes are reported as `folder-changed` events. */
  find(): Promise<Answer<Found>>;
  /** Undefined: no such guest any more. A failure says nothing about the guest. */
  locate(name: string): Promise<Answer<Guest | undefined>>;
  /** Whether its runtime is at work on a start of it, however long that takes: no event tells when its init comes. */
  awaitsInit(name: string): Promise<boolean>;
  /** Names of those that a tool of the runtime is stopping now, however long that takes. */
  stopping(): Promise<readonly string[]>;
  /** Whether its runtime has cleared away what it had made for a start that is over. */
  isCleared(name: string): boolean;
  /**
   * The process that sees to this start, and to the next one where the guest reboots by itself: number and start time.
   * Undefined: nobody knows.
   */
  keeper(instance: GuestInstance): string | undefined;
  /** Cgroups that its runtime has made for this start, besides its own. */
  cgroups(instance: GuestInstance): readonly string[];
  /** Whether that keeper is still there. */
  isAtWork(keeper: string): boolean;
  /** What the guest's own configuration lets it open on cgroup v2; undefined: it says nothing, or cannot be read. */
  configuredDevices(name: string): readonly Grant[] | undefined;
  /** What a `folder-changed` event is about; undefined: nothing of interest. */
  concerns(id: string, name: string): Concern | undefined;
}
