import type { Phase, StopState } from '../model/stop.ts';
import type { ObservedStop, Step } from './phases.ts';

const FIRST_LOOKS = 3;
const FIRST_PAUSE_MS = 2000;
const PAUSE_MS = 5000;
const WHILE: ReadonlySet<Phase> = new Set(['halt', 'drain', 'nag', 'terminate']);

/** The same step, with a look at what the guest waits for where one is due: soon at first, for most end at once. */
export function watching(state: StopState, { initRuns }: ObservedStop, now: number, step: Step): Step {
  if (!WHILE.has(state.phase) || !initRuns || state.halts.count === 0) return step;
  const { count, at } = state.watches ?? { count: 0, at: state.halts.at };
  const dueAt = at + pauseAfter(count);
  if (now < dueAt) return { ...step, wakeAt: Math.min(step.wakeAt ?? dueAt, dueAt) };
  return {
    ...step,
    state: { ...(step.state ?? state), watches: { count: count + 1, at: now } },
    actions: [{ verb: 'watch' }, ...(step.actions ?? [])],
    wakeAt: Math.min(step.wakeAt ?? Number.POSITIVE_INFINITY, now + pauseAfter(count + 1)),
  };
}

function pauseAfter(looks: number): number {
  return looks < FIRST_LOOKS ? FIRST_PAUSE_MS : PAUSE_MS;
}
