import { isOverdrawn } from '../../limits/overdrawn.ts';
import type { CpuSample } from '../../model/cpu-sample.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Driving } from './driving.ts';

/** Notices that a guest has more CPU time than it was given. `isGiven`: now, or until now, it was given some above its quota. */
export function watchForOthers(clock: Pick<Clock, 'now'>, driving: Driving, sample: CpuSample, isGiven: boolean): void {
  const isOthers = !isGiven && isOverdrawn(driving.since, sample, driving.policy, driving.quota);
  if (isOthers) driving.overdrawnAt = clock.now();
  if (isOthers) driving.lookLater();
  if (isGiven || isOthers) driving.since = sample;
}
