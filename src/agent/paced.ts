import type { Clock } from '../ports/clock.ts';

/**
 * Runs what is asked for: the first time at once, further times not before `restMs` have passed since the last run, however
 * often it is asked for. After the last time that it was asked for it runs once more.
 */
export function paced(clock: Pick<Clock, 'now' | 'wake'>, restMs: number, run: () => void): () => void {
  let notBefore = 0;
  let planned = false;
  const runNow = () => {
    planned = false;
    notBefore = clock.now() + restMs;
    run();
  };
  return () => {
    if (planned) return;
    planned = true;
    if (clock.now() >= notBefore) queueMicrotask(runNow);
    else clock.wake(notBefore, runNow);
  };
}
