import type { World } from '../world.ts';

const FEWEST = 2;
const MOST = 8;

/** So many guests on their way at a time. */
export function startsAtOnce({ ports: { cgroups } }: World): number {
  return Math.min(Math.max(cgroups.capacity().cpus, FEWEST), MOST);
}
