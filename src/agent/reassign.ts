import { type Assignment, assign } from '../devices/assign.ts';
import { flapsAfter, flapsWakeAt, holdOff, newlyHeld } from '../devices/damping.ts';
import { bindSlots, slotsAfter, slotsWakeAt } from '../devices/slots.ts';
import { guestsOf } from '../devices/touched.ts';
import type { Inventory } from '../model/inventory.ts';
import { earliest } from './earliest.ts';
import type { World } from './world.ts';

/** Which rule gives which device from now on. `before`: the devices that were there; what is new since was plugged in. */
export function reassign(world: World, before: Inventory): void {
  const now = world.ports.clock.now();
  const { damping } = world.config.settings;
  const all = assign(world.config.rules, world.inventory);
  const flaps = flapsAfter(world.flaps, all, before, damping, now);
  world.counters.add('devices_damped_total', newlyHeld(world.flaps, flaps).length);
  world.flaps = flaps;
  const calm = holdOff(all, flaps);
  world.slots = slotsAfter(world.slots, calm, now);
  world.assignment = bindSlots(calm, world.slots, now);
  world.cancelReassign();
  const wakeAt = earliest(flapsWakeAt(flaps, damping), slotsWakeAt(world.slots, now));
  if (wakeAt !== undefined) world.cancelReassign = world.ports.clock.wake(wakeAt, () => reassignLater(world));
}

// Nothing happened but that time went by: only those are concerned from whom something was kept back.
function reassignLater(world: World): void {
  const former = world.assignment;
  reassign(world, world.inventory);
  const rules = [former, world.assignment].flatMap(keptBack);
  for (const guest of guestsOf(rules, [...world.records.keys()])) world.queue.add(guest);
}

function keptBack({ claims }: Assignment) {
  return claims.filter(({ withheld }) => withheld !== undefined).map(({ rule }) => rule);
}
