import { isOver } from '../../lifecycle/stop.ts';
import type { StopSettings } from '../../model/lifecycle.ts';
import type { WaitingStop } from '../../model/stop.ts';
import type { StopView, StopWish } from '../../ports/agent.ts';
import type { World } from '../world.ts';
import { historyOf } from './histories.ts';
import { stopOf } from './settings-of.ts';
import type { HostsEnd } from './stopped-guests.ts';

/** How it is stopped now. `host`: it has less time than it would have otherwise. */
export type StopNow = StopWish & Pick<WaitingStop, 'isUrgent'> & { readonly host?: HostsEnd };

/** Begins to stop a guest that runs. Whoever wants to know the end follows the events from then on. */
export function stopGuest(world: World, guest: string, wish: StopNow): StopView {
  const after = world.report.history.last();
  const isUnderWay = isBeingStopped(world, guest);
  // One that has ended may come up again instead of halting.
  const of = world.records.get(guest)?.guest.instance ?? (isUnderWay ? world.stops.of(guest)?.of : undefined);
  if (of === undefined) return ended(world, guest);
  const isWished = wish.kill || wish.timeoutMs !== undefined;
  // Who only asks for it again changes nothing of what somebody else has said. Who says more says it now, and knows more.
  if (isWished || !isUnderWay) {
    world.stops.begin(guest, of, settingsFor(world, guest, wish), wish.host);
    // What it has goes with the host, and to look for that takes time that others wait to be asked.
    if (!wish.isUrgent) world.leavings.note(guest);
  }
  return { guest, state: 'stopping', after };
}

/** Of one that does not run; its stop may not be over. */
export function ended(world: World, guest: string, after = world.report.history.last()): StopView {
  if (isWedged(world, guest)) return { guest, state: 'wedged', after };
  if (isToHalt(world, guest)) return { guest, state: 'stopping', after };
  const endedBadly = historyOf(world, guest).stops.at(-1)?.endedBadly;
  return { guest, state: 'stopped', ...(endedBadly && { endedBadly }), after };
}

/** What has just ended by itself, or is being started, does not come up again. Answers whether it still comes, and is stopped then. */
export function withdrawStart(world: World, guest: string, wish: StopWish): boolean {
  return withdrawStarts(world, [guest], wish).has(guest);
}

/** The same for all of them. Answers those that still come. */
export function withdrawStarts(
  { lives, starts }: World,
  guests: readonly string[],
  wish: StopWish,
): ReadonlySet<string> {
  const together = new Set(guests);
  const comes = (guest: string) => {
    const mayComeAgain = lives.withdraw(guest);
    return starts.withdraw(guest, wish, together) || mayComeAgain;
  };
  return new Set(guests.filter(comes));
}

/** Its stop is under way, or waits for its turn. */
export function isToHalt(world: World, guest: string): boolean {
  return isBeingStopped(world, guest) || world.orderedStops.awaits(guest);
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
