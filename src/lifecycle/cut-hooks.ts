import type { StopHook } from '../model/lifecycle.ts';
import type { StopState } from '../model/stop.ts';
import type { ObservedStop } from './phases.ts';

/** A program before the halt that was to have more time than there was. */
export interface CutHook {
  readonly hook: StopHook;
  /** It had begun. */
  readonly runs: boolean;
}

/** Whether the step between two states goes on although not all programs before the halt have ended. */
export function isHurried(
  before: StopState,
  after: StopState,
  { hookRuns, initRuns }: Pick<ObservedStop, 'hookRuns' | 'initRuns'>,
): boolean {
  return isHaltNext(before, after, initRuns) && (hookRuns || after.hooks < after.settings.before.length);
}

/** Those that the step between two states has not waited for: half of the time of a stop is for the halt itself. */
export function cutHooks(
  before: StopState,
  after: StopState,
  { hookRuns, initRuns }: Pick<ObservedStop, 'hookRuns' | 'initRuns'>,
  now: number,
): readonly CutHook[] {
  if (!isHaltNext(before, after, initRuns)) return [];
  const { hooks, hookAt, settings } = after;
  const running = settings.before[hooks - 1];
  const isCut = running !== undefined && hookRuns && now < hookAt + running.timeoutMs;
  return [
    ...(isCut ? [{ hook: running, runs: true }] : []),
    ...settings.before.slice(hooks).map((hook) => ({ hook, runs: false })),
  ];
}

function isHaltNext(before: StopState, after: StopState, initRuns: boolean): boolean {
  return before.phase === 'quiesce' && after.phase !== 'quiesce' && initRuns;
}
