import type { StartingGuest } from '../../model/start.ts';
import type { World } from '../world.ts';
import { startOf } from './settings-of.ts';
import { startMissing } from './start-guests.ts';
import { isHeldOff } from './starting-guest.ts';

/** As the configuration in force orders it: guests that were asked for under different ones might wait for each other for ever. */
export function inOrderOfNow(world: World, start: StartingGuest): StartingGuest {
  const { settings } = start;
  const { after } = startOf(world, start.guest);
  const isSame = after.length === settings.after.length && after.every((guest, at) => guest === settings.after[at]);
  return isSame ? start : { ...start, settings: { ...settings, after } };
}

/** Begins to start those that they wait for by what is in force, and did not before. */
export function startAwaitedAnew(world: World, starts: readonly StartingGuest[]): void {
  const anew = starts.flatMap(({ guest, phase, settings }) =>
    isHeldOff(phase) ? startOf(world, guest).after.filter((other) => !settings.after.includes(other)) : [],
  );
  startMissing(world, anew);
}
