import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GuestInstance } from '../model/guest.ts';
import { stallOf } from './cgroup-counters.ts';
import { unifiedFolder } from './cgroup-folders.ts';
import type { Controllers } from './controllers.ts';

/**
 * Share of the last ten seconds in which all of the guest waited for memory, 0 to 1. It is a file of cgroup v2 and of no controller:
 * also where memory is on v1. Undefined: this host does not say.
 */
export function memoryStall(controllers: Controllers, instance: GuestInstance): number | undefined {
  const folder = unifiedFolder(controllers, instance);
  if (folder === undefined) return undefined;
  try {
    return stallOf('full', readFileSync(join(folder, 'memory.pressure'), 'utf8'));
  } catch {
    return undefined; // without pressure stall information, or it has ended
  }
}
