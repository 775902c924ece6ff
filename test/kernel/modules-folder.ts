import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';

/** What depmod would have written for the running kernel, to be laid over /usr/lib in a mount namespace of the test's own. */
export interface ModulesFolder {
  /** The shell command that does it; `umount /usr/lib` undoes it. */
  readonly mount: string;
  remove(): void;
}

export function modulesFolder(devname: string): ModulesFolder {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-modules-'));
  const modules = join(folder, 'modules', release());
  chmodSync(folder, 0o755); // it becomes the mode of /usr/lib
  mkdirSync(modules, { recursive: true });
  writeFileSync(join(modules, 'modules.devname'), devname);
  return {
    mount: `mount -t overlay -o lowerdir='${folder}':/usr/lib overlay /usr/lib`,
    remove: () => rmSync(folder, { recursive: true }),
  };
}
