import type { GuestInstance } from '../model/guest.ts';
import type { StopSettings } from '../model/lifecycle.ts';
import { PHASES, type Phase, type StopAction, type StopState } from '../model/stop.ts';
import { DECIDE, type ObservedStop, STILL, type Step } from './phases.ts';
import { watching } from './watching.ts';

/** What is to be done now. The state is stored before anything of it is done. */
export interface StopPlan {
  readonly actions: readonly StopAction[];
  readonly state: StopState;
  /** When to look again although nothing happened; absent: never. */
  readonly wakeAt?: number;
}

/** The next step of a stop. All times are milliseconds since the host started. */
export function planStop(begun: StopState, observed: ObservedStop, now: number): StopPlan {
  let state = ended(begun, observed, now);
  state = entered(state, skipped(state, observed), now);
  for (;;) {
    const { next, ...step } = DECIDE[state.phase](state, observed, now);
    if (next === undefined) return planOf(state, observed, watching(state, observed, now, step));
    state = entered(step.state ?? state, next, now);
  }
}

function planOf(state: StopState, observed: ObservedStop, step: Omit<Step, 'next'>): StopPlan {
  return { actions: [], state, ...step, ...thawing(step.state ?? state, observed, step.actions) };
}

/** A stop that was asked for now. */
export function beginStop(asked: {
  readonly of: GuestInstance;
  readonly cgroupId: string;
  readonly bootId: string;
  readonly settings: StopSettings;
  readonly keeper?: string;
  readonly now: number;
}): StopState {
  const { now, ...rest } = asked;
  const killAt = now + rest.settings.timeoutMs;
  return { ...rest, askedAt: now, killAt, phase: 'quiesce', since: now, hooks: 0, hookAt: now, ...nothingSent(now) };
}

/** It came up again instead of halting: the new start is halted, in what is left of the time. */
export function goOnAfterReboot(state: StopState, of: GuestInstance, now: number): StopState {
  const { endedAt: _, isLeft: __, init: ___, isHeard: ____, ...rest } = state;
  const hooks = state.settings.before.length;
  const reboots = (state.reboots ?? 0) + 1;
  return { ...rest, of, cgroupId: '', reboots, from: now, hooks, phase: 'arm', since: now, ...nothingSent(now) };
}

function nothingSent(now: number) {
  const never = { count: 0, at: now };
  return { halts: never, nags: never, terms: never, looks: never, kills: never };
}

/** Whether devices are taken from it, and none are given to it. */
export function takesDevices({ phase }: StopState): boolean {
  return isAtLeast('devices', phase);
}

export function isOver({ phase }: StopState): boolean {
  return phase === 'stopped' || phase === 'wedged';
}

function ended(state: StopState, { initRuns }: ObservedStop, now: number): StopState {
  return initRuns || state.endedAt !== undefined ? state : { ...state, endedAt: now };
}

// A guest that has ended needs none of what is still to come, and one without an init can be asked nothing.
function skipped({ phase }: StopState, { initRuns, isPopulated }: ObservedStop): Phase {
  if (initRuns || isAtLeast('empty', phase)) return phase;
  if (!isPopulated) return 'empty';
  return isAtLeast('evidence', phase) ? phase : 'evidence';
}

function isAtLeast(one: Phase, phase: Phase): boolean {
  return PHASES.indexOf(phase) >= PHASES.indexOf(one);
}

function entered(state: StopState, phase: Phase, now: number): StopState {
  return state.phase === phase ? state : { ...state, phase, since: now };
}

// Standing still it could not even hear that it is to halt.
function thawing(
  { phase, looks }: StopState,
  { isFrozen, initRuns }: ObservedStop,
  actions: readonly StopAction[] = [],
) {
  const isAsked = !isAtLeast('kill', phase) && looks.count < STILL;
  return isFrozen && initRuns && isAsked ? { actions: [{ verb: 'thaw' } as const, ...actions] } : {};
}
