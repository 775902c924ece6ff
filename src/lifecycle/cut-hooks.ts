import type { StopHook } from '../model/lifecycle.ts';
import type { StopState } from '../model/stop.ts';
import type { ObservedStop } from './phases.ts';

/** A program before the halt that was to have more time than there was. */
export interface CutHook {
  readonly hook: StopHook;
  /** It had begun. */
  readonly runs: boolean;
}

/** Those that the step between two states has not waited for: half of the time of a stop is for the halt itself. */
export function cutHooks(
  before: StopState,
  after: StopState,
  { hookRuns, initRuns }: Pick<ObservedStop, 'hookRuns' | 'initRuns'>,
  now: number,
): readonly CutHook[] {
  if (before.phase !== 'quiesce' || after.phase === 'quiesce' || !initRuns) return [];
  const { hooks, hookAt, settings } = after;
  const running = settings.before[hooks - 1];
  const isCut = running !== undefined && hookRuns && now < hookAt + running.timeoutMs;
  return [
    ...(isCut ? [{ hook: running, runs: true }] : []),
    ...settings.before.slice(hooks).map((hook) => ({ hook, runs: false })),
  ];
}
