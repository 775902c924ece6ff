import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './machine.ts';
import { versionHere } from './packages.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Not needed inside, and large. */
const LEFT_OUT = [
  '.git',
  'node_modules/@biomejs',
  'node_modules/@typescript',
  'node_modules/typescript',
  'native/build/asan',
];

/** Where the checkout is in the machine. */
export const INSIDE = '/opt/hostler';

/**
 * Brings this checkout, as it is built, into the machine: one compressed file, with writes in memory. The command is bundled as in the
 * package: emulation makes every module that Node reads dear.
 */
export async function bringBuild(machine: Machine): Promise<void> {
  const share = join(machine.folder, 'share');
  bundle(join(share, 'app'));
  const former = readdirSync(share).filter((name) => name.endsWith('.sqfs'));
  const name = `build-${Date.now()}.sqfs`;
  const words = [ROOT, join(share, name), '-quiet', '-no-progress', '-no-xattrs', '-comp', 'lz4', '-e', ...LEFT_OUT];
  const { status } = spawnSync('mksquashfs', words, { stdio: ['ignore', 'ignore', 2] });
  if (status !== 0) throw new Error('the build could not be packed');
  await machine.run(`
    set -e
    umount -q ${INSIDE} /srv/build/upper /srv/build/lower || true
    mkdir -p /srv/build/lower /srv/build/upper
    mount -o loop,ro /share/${name} /srv/build/lower
    mount -t tmpfs build /srv/build/upper
    mkdir /srv/build/upper/files /srv/build/upper/work
    mount -t overlay -o lowerdir=/srv/build/lower,upperdir=/srv/build/upper/files,workdir=/srv/build/upper/work build ${INSIDE}
    mkdir -p ${INSIDE}/lib/hostler
    ln -s ${INSIDE}/node_modules/.bin/node ${INSIDE}/lib/hostler/node
    ln -s ${INSIDE}/native ${INSIDE}/lib/native
    cp -r /share/app ${INSIDE}/lib/hostler/app
  `);
  for (const old of former) rmSync(join(share, old));
}

function bundle(folder: string): void {
  const words = [join(ROOT, 'scripts/bundle.ts'), folder, versionHere()];
  const { status } = spawnSync(join(ROOT, 'node_modules/.bin/node'), words, { stdio: ['ignore', 'ignore', 2] });
  if (status !== 0) throw new Error('the command could not be bundled');
}
