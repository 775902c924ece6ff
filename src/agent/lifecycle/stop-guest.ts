import { isOver } from '../../lifecycle/stop.ts';
import type { StopSettings } from '../../model/lifecycle.ts';
import type { StopView, StopWish } from '../../ports/agent.ts';
import type { World } from '../world.ts';

/** Begins to stop a guest that runs. Whoever wants to know the end follows the events from then on. */
export function stopGuest(world: World, guest: string, wish: StopWish): StopView {
  const { history } = world.report;
  const after = history.after(0).at(-1)?.number ?? 0;
  const instance = world.records.get(guest)?.guest.instance;
  if (instance === undefined) return { guest, state: 'stopped', after };
  const isWished = wish.kill || wish.timeoutMs !== undefined;
  if (isWished || !isUnderWay(world, guest)) world.stops.begin(guest, instance, settingsFor(world, guest, wish));
  return { guest, state: 'stopping', after };
}

// Who only asks for it again changes nothing of what somebody else has said.
function isUnderWay({ stops }: World, guest: string): boolean {
  const state = stops.of(guest);
  return state !== undefined && !isOver(state);
}

/** What a guest has whose file says nothing of its stop. */
export const USUAL_STOP: StopSettings = { timeoutMs: 60_000, before: [] };

function settingsFor({ config }: World, guest: string, { timeoutMs, kill }: StopWish): StopSettings {
  const settings = config.guests.find((one) => one.guest === guest)?.stop ?? USUAL_STOP;
  if (kill) return { ...settings, timeoutMs: 0, before: [] };
  return timeoutMs === undefined ? settings : { ...settings, timeoutMs };
}
