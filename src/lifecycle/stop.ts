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

/** It has more time, or less. Of one that has ended and may come again that is said of its next start, for which the stop waits as before. */
export function withKillAt({ ownKillAt: _, hostEndsAt: __, ...state }: StopState, killAt: number): StopState {
  const { endedAt, comesBy = 0 } = state;
  return { ...state, killAt, ...(endedAt !== undefined && { comesBy: Math.max(comesBy, state.killAt) }) };
}

/** It came up again instead of halting: the new start is halted, in what is left of the time. */
export function goOnAfterReboot(state: StopState, of: GuestInstance, now: number): StopState {
  const { endedAt: _, isLeft: __, init: ___, isHeard: ____, comesBy: _____, ...rest } = state;
  const hooks = state.settings.before.length;
  const reboots = (state.reboots ?? 0) + 1;
  return { ...entered(rest, 'arm', now), of, cgroupId: '', reboots, from: now, since: now, hooks, ...nothingSent(now) };
}

function nothingSent(now: number) {
  const never = { count: 0, at: now };
  return { halts: never, nags: never, terms: never, looks: never, kills: never };
}

/** What a guest has at least that somebody asked to stop and nobody to halt. */
const UNASKED_MS = 10_000;

/** Nobody went on with it for a while: who was not asked to halt is not killed for that. */
export function resumed(state: StopState, now: number): StopState {
  const { halts, settings, phase, killAt } = state;
  const leastMs = Math.min(UNASKED_MS, settings.timeoutMs);
  if (halts.count > 0 || isAtLeast('kill', phase) || killAt - now >= leastMs) return state;
  return { ...withKillAt(state, now + leastMs), from: now };
}

/** Whether devices are taken from it, and none are given to it. */
export function takesDevices({ phase }: StopState): boolean {
  return isAtLeast('devices', phase);
}

/** Nobody expects another start of it any more: all of it has ended, after its time or after all waiting. */
export function comesNoMore({ phase, killAt, comesBy = killAt, wasWedged }: StopState, now: number): boolean {
  return isAtLeast('empty', phase) && (wasWedged === true || now >= Math.max(killAt, comesBy));
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
  if (state.phase === phase) return state;
  const isWedged = phase === 'wedged' && { wasWedged: true as const };
  return { ...state, phase, since: now, ...(state.phase === 'quiesce' && { beforeUntil: now }), ...isWedged };
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
