import { openEndOf, withEnd, withOpenEnd, withoutRun } from '../../lifecycle/runs.ts';
import type { GuestHistory, OpenEnd, Run } from '../../model/guest-history.ts';
import { processOf } from '../../model/process-key.ts';
import { ranMs } from '../../model/ran-ms.ts';
import type { World } from '../world.ts';
import { calendarMs } from './calendar-ms.ts';

/** What became of a guest that does not run, as an agent finds that was not there when it ended. */
export function foundStopped(world: World, guest: string, before: GuestHistory): GuestHistory {
  const { clock, store } = world.ports;
  const at = calendarMs(world);
  const { run } = before;
  if (run?.bootId !== clock.bootId) return withoutRun(before, clock.bootId, at);
  // An agent before this one was asked to stop it.
  if (store.stop(guest) !== undefined) return withEnd(before, 'stopped', at);
  if (openEndOf(before, clock.bootId) !== undefined) return before;
  const end = openEnd(world, run, at);
  return end === undefined ? withoutRun(before, clock.bootId, at) : withOpenEnd(before, end);
}

// Who saw to it is still at work: on a hook that comes after its end, or on its next start.
function openEnd({ ports: { guests, clock } }: World, run: Run, at: number): OpenEnd | undefined {
  const { instance, keeper } = run;
  if (keeper === undefined || !guests.isAtWork(keeper)) return undefined;
  return { at, ranMs: ranMs(processOf(instance), clock.uptime()), keeper, isUnseen: true };
}
