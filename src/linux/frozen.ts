import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GuestInstance } from '../model/guest.ts';
import { cgroupFolders, fileReader, unifiedFolder } from './cgroup-folders.ts';
import type { Controllers } from './controllers.ts';

/** Whether somebody has made the guest stand still, by either of the two ways. */
export function isFrozen(controllers: Controllers, instance: GuestInstance): boolean {
  const state = fileReader(cgroupFolders(controllers, instance))('freezer.state');
  if (state !== undefined && state !== 'THAWED') return true;
  const folder = unifiedFolder(controllers, instance);
  return folder !== undefined && isSet(join(folder, 'cgroup.freeze'));
}

function isSet(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').trim() === '1';
  } catch {
    return false; // it ended meanwhile
  }
}
