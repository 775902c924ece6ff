import { isOver } from '../../lifecycle/stop.ts';
import type { StopSettings } from '../../model/lifecycle.ts';
import type { WaitingStop } from '../../model/stop.ts';
import type { StopView, StopWish } from '../../ports/agent.ts';
import type { World } from '../world.ts';
import { stopOf } from './settings-of.ts';

/** Begins to stop a guest that runs. Whoever wants to know the end follows the events from then on. */
export function stopGuest(world: World, guest: string, wish: StopWish & Pick<WaitingStop, 'isUrgent'>): StopView {
  const after = world.report.history.last();
  const instance = world.records.get(guest)?.guest.instance;
  if (instance === undefined) return { guest, state: isWedged(world, guest) ? 'wedged' : 'stopped', after };
  const isWished = wish.kill || wish.timeoutMs !== undefined;
  // Who only asks for it again changes nothing of what somebody else has said. Who says more says it now, and knows more.
  if (isWished || !isBeingStopped(world, guest)) {
    world.stops.begin(guest, instance, settingsFor(world, guest, wish));
    // What it has goes with the host, and to look for that takes time that others wait to be asked.
    if (!wish.isUrgent) world.leavings.note(guest);
  }
  return { guest, state: 'stopping', after };
}

/** What has just ended by itself, or is being started, does not come up again. Answers whether it still comes, and is stopped then. */
export function withdrawStart({ lives, starts }: World, guest: string, wish: StopWish): boolean {
  lives.withdraw(guest);
  return starts.withdraw(guest, wish);
}

export function isBeingStopped({ stops }: World, guest: string): boolean {
  const state = stops.of(guest);
  return state !== undefined && !isOver(state);
}

/** It was killed, and something in it does not end. */
export function isWedged({ stops }: World, guest: string): boolean {
  return stops.of(guest)?.phase === 'wedged';
}

function settingsFor(world: World, guest: string, { timeoutMs, kill }: StopWish): StopSettings {
  const settings = stopOf(world, guest);
  if (kill) return { ...settings, timeoutMs: 0, before: [] };
  return timeoutMs === undefined ? settings : { ...settings, timeoutMs };
}
