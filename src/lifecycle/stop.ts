import type { GuestInstance } from '../model/guest.ts';
import type { StopSettings } from '../model/lifecycle.ts';
import { PHASES, type Phase, type StopAction, type StopState } from '../model/stop.ts';
import { DECIDE, type ObservedStop } from './phases.ts';

/** What is to be done now. The state is stored before anything of it is done. */
export interface StopPlan {
  readonly actions: readonly StopAction[];
  readonly state: StopState;
  /** When to look again although nothing happened; absent: never. */
  readonly wakeAt?: number;
}

/** The next step of a stop. All times are milliseconds since the host started. */
export function planStop(begun: StopState, observed: ObservedStop, now: number): StopPlan {
  let state = entered(begun, skipped(begun, observed), now);
  for (;;) {
    const { next, ...step } = DECIDE[state.phase](state, observed, now);
    if (next === undefined) return { actions: [], state, ...step, ...thawing(state, observed, step.actions) };
    state = entered(state, next, now);
  }
}

/** A stop that was asked for now. */
export function beginStop(asked: {
  readonly of: GuestInstance;
  readonly cgroupId: string;
  readonly bootId: string;
  readonly settings: StopSettings;
  readonly now: number;
}): StopState {
  const { now, ...rest } = asked;
  const never = { count: 0, at: now };
  return {
    ...rest,
    askedAt: now,
    killAt: now + rest.settings.timeoutMs,
    phase: 'quiesce',
    since: now,
    hooks: 0,
    hookAt: now,
    halts: never,
    nags: never,
    terms: never,
    looks: never,
    kills: never,
  };
}

export function isOver({ phase }: StopState): boolean {
  return phase === 'stopped' || phase === 'wedged';
}

// A guest that has ended needs none of what is still to come.
function skipped({ phase }: StopState, { initRuns, isPopulated }: ObservedStop): Phase {
  const isPast = PHASES.indexOf(phase) >= PHASES.indexOf('empty');
  return isPast || initRuns || isPopulated ? phase : 'empty';
}

function entered(state: StopState, phase: Phase, now: number): StopState {
  return state.phase === phase ? state : { ...state, phase, since: now };
}

// Standing still it could not even hear that it is to halt.
function thawing({ phase }: StopState, { isFrozen, initRuns }: ObservedStop, actions: readonly StopAction[] = []) {
  const isAsked = PHASES.indexOf(phase) < PHASES.indexOf('kill');
  return isFrozen && initRuns && isAsked ? { actions: [{ verb: 'thaw' } as const, ...actions] } : {};
}
