import { createLxcGuest as createGuest, type LxcGuest, type LxcGuestOptions } from '../../src/cli/demo/lxc-guest.ts';
import { isNoted, noteCgroup, noteGuest } from '../kernel/noted.ts';

export type { LxcGuest };

/** A guest of which no process and no cgroup stays, also when the run is cut off. */
export function createLxcGuest(options: LxcGuestOptions): LxcGuest {
  for (const kind of ['payload', 'monitor']) noteCgroup(`lxc.${kind}.${options.name}`);
  const guest = createGuest(options);
  const start = async () => {
    await guest.start();
    if (isNoted) noteGuest(await guest.initPid());
  };
  return { ...guest, start };
}
