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
  /** When those in it were other ones than before, milliseconds since the host started; undefined: nobody has looked. */
  movedAt: number | undefined;
  /** What it waits for, as it was told last. */
  waits: { readonly names: string; readonly processes: number; readonly text: string };
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
    movedAt: undefined,
    waits: { names: '', processes: 0, text: '' },
    told: new Set(),
  };
}
