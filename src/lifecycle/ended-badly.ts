import type { StopState } from '../model/stop.ts';

/** Whether its data may have been hurt: it was killed before its init had ended, or a program before its halt failed. */
export function endedBadly({ kills, isLeft, isUnprepared }: StopState): boolean {
  return isUnprepared === true || (kills.count > 0 && !isLeft);
}
