import { TRIES } from '../../lifecycle/start-order.ts';
import type { World } from '../world.ts';
import { calendarMs } from './calendar-ms.ts';
import { startOf } from './settings-of.ts';
import { seconds } from './stop-text.ts';

/** Starts a guest that ended by itself at `at` when its time has come, both in milliseconds since 1970, and says so. */
export function startAgain(world: World, guest: string, at: number, restartAt: number): void {
  // The calendar may have been set back since it ended.
  const waitMs = Math.min(Math.max(0, restartAt - calendarMs(world)), restartAt - at);
  world.report.refusal({ code: 'W_ENDED', subject: guest, detail: seconds(waitMs) }, { guest });
  const notBefore = world.ports.clock.sinceBoot() + waitMs;
  world.starts.begin([{ guest, settings: startOf(world, guest), notBefore, tries: TRIES }]);
}
