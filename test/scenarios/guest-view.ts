import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What a guest of the tests has, seen from the host through its init. Only for guests that mean well. */
export interface GuestView {
  /** Names below /dev, folders with a slash behind them, sorted; the guest's standard ones left out. */
  names(): readonly string[];
  /** `b:7:140 0660 0:107` in the guest's own numbers; throws when there is no such node. */
  node(path: string): string;
  link(path: string): string;
  /** Entries of its devices cgroup for block devices with a number. */
  blockGrants(): readonly string[];
}

const STANDARD =
  /^(?:console|fd|full|lxc\/.*|mqueue\/|null|ptmx|pts\/.*|random|shm\/|stderr|stdin|stdout|tty\d*|urandom|zero|\.lxc.*)$/;

export function guestView(initPid: number, firstId = 0): GuestView {
  const root = `/proc/${initPid}/root`;
  return {
    names: () => namesBelow(join(root, 'dev'), '').filter((name) => !STANDARD.test(name)),
    node(path) {
      const { mode, uid, gid, rdev } = lstatSync(join(root, path));
      const type = (mode & 0o170000) === 0o060000 ? 'b' : 'c';
      const octal = (mode & 0o7777).toString(8).padStart(4, '0');
      return `${type}:${(rdev >> 8) & 0xfff}:${(rdev & 0xff) | ((rdev >> 12) & 0xfff00)} ${octal} ${uid - firstId}:${gid - firstId}`;
    },
    link: (path) => readlinkSync(join(root, path)),
    blockGrants: () => devicesList(initPid).filter((line) => /^b \d+:\d+ /.test(line)),
  };
}

function namesBelow(folder: string, prefix: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const name = `${prefix}${entry.name}`;
      return entry.isDirectory() ? [`${name}/`, ...namesBelow(join(folder, entry.name), `${name}/`)] : [name];
    })
    .sort();
}

function devicesList(initPid: number): readonly string[] {
  const own = readFileSync(`/proc/${initPid}/cgroup`, 'utf8').split('\n');
  const path = own.find((line) => line.split(':')[1] === 'devices')?.split(':')[2] ?? '';
  return readFileSync(`/sys/fs/cgroup/devices${path}/devices.list`, 'utf8').split('\n');
}
