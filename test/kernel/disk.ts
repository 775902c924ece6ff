import { readFileSync, writeFileSync } from 'node:fs';
import { until } from './listening.ts';

/** A new block device of the real kernel, by its name: `zram3`. */
export function plugDisk(): string {
  return `zram${readFileSync('/sys/class/zram-control/hot_add', 'utf8').trim()}`;
}

/** While udevd looks into it the kernel will not let it go. */
export async function unplugDisk(disk: string): Promise<void> {
  const gone = await until(() => tryToUnplug(disk) || undefined);
  if (!gone) throw new Error(`${disk} stays busy`);
}

function tryToUnplug(disk: string): boolean {
  try {
    writeFileSync('/sys/class/zram-control/hot_remove', disk.slice('zram'.length));
    return true;
  } catch {
    return false;
  }
}
