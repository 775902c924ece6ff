import type { GuestInstance } from '../../model/guest.ts';
import type { World } from '../world.ts';

/**
 * Who sees to that start of a guest, and to the next one where it reboots. Of one that has ended meanwhile nobody can tell any more:
 * then it is whoever did before, for as long as that one is there.
 */
export function keeperOf({ ports }: World, instance: GuestInstance, before: string | undefined): string | undefined {
  const { guests } = ports;
  return guests.keeper(instance) ?? (before !== undefined && guests.isAtWork(before) ? before : undefined);
}
