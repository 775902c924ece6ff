import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './machine.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Where the packages are in the machine: this version's in `old`, one of a higher version in `new`. */
export const PACKAGES = '/share/packages';

/** Builds the Debian package, once or twice, and brings it into the machine. */
export function bringPackages(machine: Machine, names: readonly ('old' | 'new')[] = ['old', 'new']): void {
  const version = versionHere();
  const folder = join(machine.folder, 'share/packages');
  rmSync(folder, { recursive: true, force: true });
  for (const name of names) {
    const built = name === 'old' ? version : `${version}+1`;
    const words = ['--compress', 'zstd', '--version', built, join(folder, name)];
    const { status } = spawnSync(join(ROOT, 'packaging/build'), words, { stdio: ['ignore', 'ignore', 2] });
    if (status !== 0) throw new Error('the package could not be built');
  }
}

/** The version that this checkout makes. */
export function versionHere(): string {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version;
}
