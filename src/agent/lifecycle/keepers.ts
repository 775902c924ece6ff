import { type GuestInstance, unitsIn } from '../../model/guest.ts';
import type { World } from '../world.ts';

/**
 * Who sees to that start of a guest, and to the next one where it reboots. Of one that has ended meanwhile nobody can tell any more:
 * then it is whoever did before, for as long as that one is there.
 */
export function keeperOf({ ports }: World, instance: GuestInstance, before: string | undefined): string | undefined {
  const { guests } = ports;
  return guests.keeper(instance) ?? (before !== undefined && guests.isAtWork(before) ? before : undefined);
}

/** The same of one that is being stopped: systemd-nspawn itself ends, and its service runs it again. */
export function stopKeeperOf(
  world: World,
  guest: string,
  instance: GuestInstance,
  before = world.lives.keeperOf(guest),
): string | undefined {
  return serviceOf(world, guest, instance) ?? keeperOf(world, instance, before);
}

/** That runs it again when it reboots; undefined: none does. */
export function serviceOf({ records }: World, guest: string, { cgroup }: GuestInstance): string | undefined {
  const unit = unitsIn(cgroup).at(-1);
  return records.get(guest)?.guest.runtime === 'nspawn' && unit?.endsWith('.service') ? unit : undefined;
}
