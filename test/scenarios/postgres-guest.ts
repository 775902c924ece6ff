import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { debianPackage } from '../contract/debian-package.ts';
import { eventually } from './eventually.ts';
import type { Scene, SceneGuest } from './scene.ts';

/** A guest with Debian's sysvinit, which runs Debian's PostgreSQL as any host would: as a user, and stopped when the guest halts. */
export interface PostgresGuest extends SceneGuest {
  /** Starts it. What PostgreSQL wrote until it was ready. */
  begin(): Promise<string>;
  /** What PostgreSQL has written since it was asked last. */
  said(): string;
  /** Writes with four clients until it is stopped. */
  load(): void;
  /** How many transactions of such clients it keeps. */
  kept(): Promise<number>;
}

const PACKAGES: readonly string[] = JSON.parse(
  readFileSync(join(import.meta.dirname, 'postgres-packages.json'), 'utf8'),
);

/** Folders that its root has, or why they cannot be had. */
export function postgresPackages(): { readonly folders: readonly string[]; readonly lack?: string } {
  const found = PACKAGES.map(debianPackage);
  const lack = found.find((one) => one.lack !== undefined)?.lack;
  return { folders: found.map(({ unpacked }) => unpacked), ...(lack === undefined ? {} : { lack }) };
}

/** Not started; its first start makes an empty database. */
export function makePostgresGuest(scene: Scene, name: string, folders: readonly string[]): PostgresGuest {
  const guest = scene.make(name, { furnish: (folder) => furnish(folder, folders) });
  const log = join(guest.folder, 'rootfs/data/log');
  let read = 0;
  const said = () => {
    const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
    const since = text.slice(read);
    read = text.length;
    return since;
  };
  const asPostgres = (line: string) =>
    guest.attach('su', 'postgres', '-c', `PATH=${BIN}:/bin PGHOST=/tmp; export PGHOST; ${line}`);
  return {
    ...guest,
    said,
    async begin() {
      let text = said();
      await guest.start();
      await eventually(() => {
        text += said();
        if (!text.includes('ready to accept connections')) throw new Error(`PostgreSQL is not ready: ${text}`);
      });
      if (!existsSync(join(guest.folder, 'rootfs/data/filled'))) {
        await asPostgres('pgbench -i -q postgres && touch /data/filled');
      }
      return text;
    },
    load: () => void asPostgres('exec pgbench -n -c 4 -T 600 postgres').catch(() => undefined),
    kept: async () => Number(await asPostgres("psql -XAtc 'select count(*) from pgbench_history' postgres")),
  };
}

const BIN = '/usr/lib/postgresql/15/bin';
/** Small, and otherwise as it comes: what is committed is on the disk. */
const SETTINGS = `
shared_buffers = 16MB
max_connections = 20
listen_addresses = ''
unix_socket_directories = '/tmp'
dynamic_shared_memory_type = mmap
`;
const FILES: Readonly<Record<string, string>> = {
  'etc/inittab': 'id:2:initdefault:\ndb:2:wait:/etc/database start\nl0:0:wait:/etc/database stop\n',
  'etc/postgresql.conf': SETTINGS,
  'etc/database': `#!/bin/sh
run() { su postgres -c "PATH=${BIN}:/bin; $*"; }
case $1 in
start)
	if [ ! -e /data/PG_VERSION ]; then
		run initdb -N -A trust --locale=C -E UTF8 -D /data
		cat /etc/postgresql.conf >>/data/postgresql.conf
	fi
	run pg_ctl start -s -D /data -l /data/log
	;;
stop)
	run pg_ctl stop -s -m fast -D /data
	exec /sbin/halt -d -f -h
	;;
esac
`,
};
const USER = 110;

function furnish(folder: string, folders: readonly string[]): void {
  const root = join(folder, 'rootfs');
  for (const [path, text] of Object.entries(FILES)) {
    writeFileSync(join(root, path), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
  }
  appendFileSync(join(root, 'etc/passwd'), `postgres:x:${USER}:${USER}::/data:/bin/sh\n`);
  appendFileSync(join(root, 'etc/group'), `postgres:x:${USER}:\n`);
  mkdirSync(join(root, 'data'), { mode: 0o700 });
  chownSync(join(root, 'data'), USER, USER);
  chmodSync(join(root, 'tmp'), 0o1777);
  symlinkSync('busybox', join(root, 'bin/su'));
  rmSync(join(root, 'sbin'), { recursive: true });
  for (const own of ['sbin', 'lib64']) {
    for (const from of having(folders, own)) cpSync(from, join(root, own), { recursive: true, verbatimSymlinks: true });
  }
  appendFileSync(join(folder, 'config'), ['usr', 'lib'].map((name) => mountText(name, folders)).join(''));
  appendFileSync(join(folder, 'config'), 'lxc.mount.entry = tmpfs run tmpfs mode=0755 0 0\n');
}

// Laid over each other where they are unpacked: copies would take longer than PostgreSQL does.
function mountText(name: string, folders: readonly string[]): string {
  const layers = having(folders, name).join(':');
  return `lxc.mount.entry = overlay ${name} overlay ro,lowerdir=${layers},create=dir 0 0\n`;
}

function having(folders: readonly string[], name: string): readonly string[] {
  return folders.map((folder) => join(folder, name)).filter((path) => existsSync(path));
}
