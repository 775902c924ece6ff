import type { GuestInstance } from './guest.ts';
import type { StartSettings } from './lifecycle.ts';

/**
 * `waiting` for others or for its turn; `held` by one that is late or failed; `starting` until it is `ready`, or `late` when that
 * takes too long; `failed`: it could not be started, or one that it waits for was not.
 */
export const START_PHASES = ['waiting', 'held', 'starting', 'ready', 'late', 'failed'] as const;
export type StartPhase = (typeof START_PHASES)[number];

/** A guest that is to be started, in milliseconds of any clock. */
export interface StartingGuest {
  readonly guest: string;
  readonly settings: StartSettings;
  readonly phase: StartPhase;
  readonly since: number;
  /** Who holds it, or for whom it failed. */
  readonly by?: string;
  /** A restart: that start of it ends first. */
  readonly of?: GuestInstance;
  /** It is not started before. */
  readonly notBefore?: number;
  /** So many times more it is tried where it could not be started; absent: not once. */
  readonly tries?: number;
  /** It failed, since it was stopped or is gone: that is for those that wait for it. */
  readonly isUnwanted?: true;
}

/** The starts under way, as another agent can take them up. All times are milliseconds since the host started. */
export interface StartsState {
  readonly bootId: string;
  /** Those that start with the host were begun. */
  readonly hasBooted: boolean;
  readonly starts: readonly StartingGuest[];
  /** Those that come although somebody wants them stopped; absent: none. */
  readonly unwanted?: readonly UnwantedStart[];
}

/** A guest that is stopped as soon as it runs. */
export interface UnwantedStart {
  readonly guest: string;
  /** In milliseconds; absent: what the guest's file says. */
  readonly timeoutMs?: number;
  readonly kill: boolean;
}
