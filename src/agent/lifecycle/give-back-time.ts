import type { World } from '../world.ts';
import { isBeingStopped, stopGuest } from './stop-guest.ts';
import { seconds } from './stop-text.ts';

/** The host does not go down: whose stop was shortened for that has its own time again, also where the agent before has shortened it. */
export function giveBackTime(world: World): void {
  const now = world.ports.clock.sinceBoot();
  for (const guest of world.records.keys()) {
    const own = isBeingStopped(world, guest) ? world.stops.of(guest)?.ownKillAt : undefined;
    if (own === undefined) continue;
    const timeoutMs = Math.max(0, own - now);
    stopGuest(world, guest, { kill: false, timeoutMs });
    const says = `${guest}: has its own time again, ${seconds(timeoutMs)} to halt: the host does not go down`;
    world.report.fact({ kind: 'stop', guest, action: 'lengthened', says });
  }
}
