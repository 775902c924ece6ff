import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { until } from './listening.ts';

/** Attaches a file to a loop device that is there; with partitions, which the kernel then may have. */
export function attachImage(number: number, file: string): void {
  execFileSync('losetup', ['--partscan', `/dev/loop${number}`, file]);
}

/** A udevd may be looking into it: only when that is over it is detached. */
export async function detachImage(number: number): Promise<void> {
  execFileSync('losetup', ['--detach', `/dev/loop${number}`]);
  const gone = await until(() => !existsSync(`/sys/block/loop${number}/loop/backing_file`) || undefined);
  if (!gone) throw new Error(`loop${number} stays busy`);
}

/**
 * Makes a partition as the kernel does when it reads a table, whatever tables this kernel can read. Answers `b:259:3`. A udevd that
 * is late to see that the disk was opened for writing has its table read again, and the partition would be gone with that.
 */
export function addPartition(number: number, partition: number, firstSector: number, sectors: number): string {
  spawnSync('udevadm', ['settle']);
  execFileSync('addpart', [`/dev/loop${number}`, String(partition), String(firstSector), String(sectors)]);
  return `b:${readFileSync(`/sys/block/loop${number}/loop${number}p${partition}/dev`, 'utf8').trim()}`;
}

export function diskseqOf(number: number): string {
  return readFileSync(`/sys/block/loop${number}/diskseq`, 'utf8').trim();
}
