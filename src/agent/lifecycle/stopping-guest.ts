import { resumed } from '../../lifecycle/stop.ts';
import type { StopHook } from '../../model/lifecycle.ts';
import type { Blocker, StopState } from '../../model/stop.ts';

/** A stop as this agent has it. */
export interface StoppingGuest {
  state: StopState;
  /** Nobody wants this stop any more. */
  isForgotten: boolean;
  /** A program that this agent began has not ended. */
  hookRuns: boolean;
  /** Init is being asked, or the program that asks it has not ended. */
  isAsking: boolean;
  /** The kernel has kept for init what it was asked last, or the program that asked it has ended well. */
  isTaken: boolean;
  /** This agent has seen its init run. */
  isSeen: boolean;
  /** The executor has killed, and seen what was left. */
  isKilled: boolean;
  /** The executor tells who is in its cgroup. */
  isHeard: boolean;
  /** Somebody is in its cgroup, as far as that was told. */
  isPopulated: boolean;
  /** Who was in it then, as many as were told. */
  seen: readonly Blocker[];
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
    isForgotten: false,
    hookRuns: false,
    isAsking: false,
    isTaken: false,
    isSeen: true,
    isKilled: false,
    isHeard: false,
    isPopulated: false,
    seen: [],
    movedAt: undefined,
    waits: { names: '', processes: 0, text: '' },
    told: new Set(),
  };
}

/** One that an agent before this one had begun. A program in the guest has ended with that one; one of the host has not. */
export function takenUp(stored: StopState, now: number): StoppingGuest {
  const state = resumed(stored, now);
  const hook = hookOf(state);
  const isInside = hook?.where === 'guest';
  const stopping = stoppingGuest(isInside ? withoutHook(state) : state);
  return { ...stopping, isSeen: false, hookRuns: hook !== undefined && !isInside };
}

/** Another executor goes on with it, which has to be told what to listen to. A program in the guest has ended with the former one. */
export function handOver(stopping: StoppingGuest): void {
  stopping.isHeard = false;
  if (!stopping.hookRuns || hookOf(stopping.state)?.where !== 'guest') return;
  stopping.hookRuns = false;
  stopping.state = withoutHook(stopping.state);
}

/** The program before the halt that was begun last. */
function hookOf({ phase, settings, hooks }: StopState): StopHook | undefined {
  return phase === 'quiesce' ? settings.before[hooks - 1] : undefined;
}

// It is run again: whoever halts a database without it has a recovery at the next start.
function withoutHook(state: StopState): StopState {
  return { ...state, hooks: state.hooks - 1 };
}
