import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fixture } from '../kernel/listening.ts';

/** A program in a guest that opens what comes, the moment it has its name. */
export interface Opener {
  /** Ends it. */
  counts(): Promise<{ readonly opened: number; readonly refused: number }>;
}

/** Before the guest's first start. */
export function furnishOpener(folder: string): void {
  copyFileSync(fixture('opener'), join(folder, 'rootfs/bin/opener'));
}

/** `prefix` of the names in the folder that are opened; `user` opens them. */
export async function startOpener(
  lxcPath: string,
  guest: string,
  folder: string,
  prefix: string,
  user: number,
): Promise<Opener> {
  const words = ['-P', lxcPath, '-n', guest, '--clear-env', '--', '/bin/opener', folder, prefix, String(user)];
  const child = spawn('lxc-attach', words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => String((await lines.next()).value);
  if ((await line()) !== 'ready') throw new Error('the opener did not start');
  return {
    async counts() {
      child.stdin.end();
      const [, opened, , refused] = (await line()).split(' ').map(Number);
      if (child.exitCode === null) await once(child, 'exit');
      return { opened: opened ?? Number.NaN, refused: refused ?? Number.NaN };
    },
  };
}
