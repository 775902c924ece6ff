import type { Blocker, StopState } from '../../model/stop.ts';

/** A stop as this agent has it. */
export interface StoppingGuest {
  state: StopState;
  /** A program that this agent began has not ended. */
  hookRuns: boolean;
  /** The kernel has kept for init what it was asked last. */
  isTaken: boolean;
  /** Who ran in it when it was about to be killed. */
  blockers: readonly Blocker[];
  /** What went wrong and was told. */
  readonly told: Set<string>;
}

export function stoppingGuest(state: StopState): StoppingGuest {
  return { state, hookRuns: false, isTaken: false, blockers: [], told: new Set() };
}
