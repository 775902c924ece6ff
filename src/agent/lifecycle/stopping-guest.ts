import type { StopState } from '../../model/stop.ts';

/** A stop as this agent has it. */
export interface StoppingGuest {
  state: StopState;
  /** A program that this agent began has not ended. */
  hookRuns: boolean;
  /** The kernel has kept for init what it was asked last. */
  isTaken: boolean;
  /** The executor has killed, and seen what was left. */
  isKilled: boolean;
  /** The executor tells who is in its cgroup. */
  isHeard: boolean;
  /** Somebody is in its cgroup, as far as that was told. */
  isPopulated: boolean;
  /** What went wrong and was told. */
  readonly told: Set<string>;
}

export function stoppingGuest(state: StopState): StoppingGuest {
  return {
    state,
    hookRuns: false,
    isTaken: false,
    isKilled: false,
    isHeard: false,
    isPopulated: false,
    told: new Set(),
  };
}
