import { USUAL_START } from '../../lifecycle/start-closure.ts';
import type { GuestSettings } from '../../model/guest.ts';
import type { StartSettings, StopSettings } from '../../model/lifecycle.ts';
import type { World } from '../world.ts';

/** What a guest has whose file says nothing of its stop. */
const USUAL_STOP: StopSettings = { timeoutMs: 60_000, before: [] };

/** What is in force for its start. */
export function startOf(world: World, guest: string): StartSettings {
  return settingsOf(world, guest)?.start ?? USUAL_START;
}

/** What is in force for its stop. */
export function stopOf(world: World, guest: string): StopSettings {
  return settingsOf(world, guest)?.stop ?? USUAL_STOP;
}

/** What its file says; undefined: it has none. */
export function settingsOf({ config }: Pick<World, 'config'>, guest: string): GuestSettings | undefined {
  return (named.get(config.guests) ?? nameThem(config.guests)).get(guest);
}

// Of a thousand guests each is asked for at every step of any of them.
const named = new WeakMap<readonly GuestSettings[], ReadonlyMap<string, GuestSettings>>();

function nameThem(guests: readonly GuestSettings[]): ReadonlyMap<string, GuestSettings> {
  const known = new Map(guests.map((one) => [one.guest, one]));
  named.set(guests, known);
  return known;
}
