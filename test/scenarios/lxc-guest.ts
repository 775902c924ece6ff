import { createLxcGuest as createGuest, type LxcGuest, type LxcGuestOptions } from '../../src/cli/demo/lxc-guest.ts';
import { noteCgroup } from '../kernel/noted.ts';

export type { LxcGuest };

/** A guest of which no cgroup stays, also when the run is cut off. */
export function createLxcGuest(options: LxcGuestOptions): LxcGuest {
  for (const kind of ['payload', 'monitor']) noteCgroup(`lxc.${kind}.${options.name}`);
  return createGuest(options);
}
