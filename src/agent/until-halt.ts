import { desireGuest } from '../devices/desire.ts';
import { hasMore, keptUntilEnd } from '../devices/until-halt.ts';
import type { GuestRecord, World } from './world.ts';

/** Whether a guest that is about to be halted still has what goes before. */
export function hasDevices(world: World, { guest, ledger, intent }: GuestRecord): boolean {
  const kept = keptUntilEnd(desireGuest(world.assignment, guest.name).nodes);
  return hasMore(intent ?? ledger, kept);
}
