import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Lxd {
  /** Starts a guest made of a root file system, with devices as `lxc config device add` takes them. Answers its init's pid. */
  guest(rootfs: string, devices: Readonly<Record<string, readonly string[]>>): number;
  removeGuest(): void;
  stop(): void;
}

const GUEST = 'rival';
const IMAGE = 'rival';

/** LXD as Debian has it: its daemon, with a pool of plain folders and no network. */
export function startLxd(): Lxd {
  const folder = mkdtempSync(join(tmpdir(), 'lxd-'));
  const daemon = spawn('lxd', ['--logfile', join(folder, 'log')], { stdio: 'ignore' });
  run('lxd', 'waitready', '--timeout=600');
  if (!run('lxc', 'storage', 'list', '--format=csv').includes('default')) run('lxd', 'init', '--minimal');
  return {
    guest(rootfs, devices) {
      importImage(folder, rootfs);
      run('lxc', 'init', IMAGE, GUEST, '--no-profiles', '--storage=default');
      for (const [name, words] of Object.entries(devices)) run('lxc', 'config', 'device', 'add', GUEST, name, ...words);
      run('lxc', 'start', GUEST);
      const state: { readonly pid: number } = JSON.parse(run('lxc', 'query', `/1.0/instances/${GUEST}/state`));
      return state.pid;
    },
    removeGuest() {
      run('lxc', 'delete', '--force', GUEST);
      run('lxc', 'image', 'delete', IMAGE);
    },
    stop() {
      daemon.kill('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function importImage(folder: string, rootfs: string): void {
  const tar = join(folder, 'image.tar');
  const about = { architecture: 'x86_64', creation_date: 1, properties: { description: 'busybox' } };
  writeFileSync(join(folder, 'metadata.yaml'), JSON.stringify(about)); // JSON is YAML
  run('tar', '-cf', tar, '-C', folder, 'metadata.yaml', '-C', join(rootfs, '..'), 'rootfs');
  run('lxc', 'image', 'import', tar, `--alias=${IMAGE}`);
}

function run(program: string, ...words: readonly string[]): string {
  return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}
