import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Everything below a folder with all that a change would show, links not followed: equal before and after means untouched. */
export function snapshot(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      const { mode, uid, gid, rdev, ino, ctimeMs } = lstatSync(path);
      const target = entry.isSymbolicLink() ? readlinkSync(path) : '';
      const line = `${path} ${mode.toString(8)} ${uid}:${gid} ${rdev} ${ino} ${ctimeMs} ${target}`;
      return [line, ...(entry.isDirectory() ? snapshot(path) : [])];
    })
    .sort();
}

/** The names of the host's own /dev, without those that come and go with real devices. */
export function hostDevNames(): readonly string[] {
  return readdirSync('/dev')
    .filter((name) => !/^(?:loop|zram)\d+$/.test(name))
    .sort();
}
