import type { StopState } from '../model/stop.ts';

/** Whether somebody wanted it killed and not asked to halt. */
export function isKilledAtOnce({ settings }: StopState): boolean {
  return settings.timeoutMs === 0;
}
