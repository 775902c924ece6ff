import { processKey } from '../../model/process-key.ts';
import type { WaitingStop } from '../../model/stop.ts';
import type { World } from '../world.ts';
import { stopKeeperOf } from './keepers.ts';

/** One that reboots has no init for a moment; and what its runtime does then, such as a hook that hangs, may never end. */
const COMES_MS = 30_000;

/** What the stop of a guest that waits for its turn is of. */
export function startNow(world: World, guest: string, of: string): Pick<WaitingStop, 'of' | 'keeper'> {
  const instance = world.records.get(guest)?.guest.instance;
  const keeper = instance && stopKeeperOf(world, guest, instance);
  return { of, ...(keeper !== undefined && { keeper }) };
}

/** One that reboots, or has since, is seen to by whoever did before. */
export function isStillThere(world: World, { guest, of, keeper }: WaitingStop): boolean {
  const instance = world.records.get(guest)?.guest.instance;
  if (instance !== undefined && processKey(instance) === of) return true;
  if (keeper === undefined) return false;
  if (instance !== undefined) return stopKeeperOf(world, guest, instance) === keeper;
  return isService(keeper) || world.ports.guests.isAtWork(keeper);
}

/** Whether nobody waits any longer for another start of one that has had no init for so long, in milliseconds. */
export function isAwaitedNoMore(world: World, stop: WaitingStop, endedMs: number): boolean {
  const { lives } = world;
  if (endedMs >= COMES_MS) return true;
  if (stop.keeper !== undefined && isService(stop.keeper)) return endedMs >= lives.exits.restartMs([stop.keeper]);
  return lives.isGone(stop.guest) && !isStillThere(world, stop);
}

// Of systemd-nspawn; another one is a process.
function isService(keeper: string): boolean {
  return keeper.endsWith('.service');
}
