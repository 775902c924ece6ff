import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fixture } from '../kernel/listening.ts';

/** A program in a guest that opens what comes, the moment it has its name. */
export interface Opener {
  /** What it has done by now. */
  counts(): OpenerCounts;
  /** Ends it. */
  end(): Promise<OpenerCounts>;
}

export interface OpenerCounts {
  readonly opened: number;
  readonly refused: number;
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
  const lines = createInterface({ input: child.stdout });
  const [first] = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
  if (first !== 'ready') throw new Error('the opener did not start');
  let counts: OpenerCounts = { opened: 0, refused: 0 };
  lines.on('line', (line) => {
    const [, opened, , refused] = line.split(' ').map(Number);
    counts = { opened: opened ?? Number.NaN, refused: refused ?? Number.NaN };
  });
  return {
    counts: () => counts,
    async end() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'close');
      return counts;
    },
  };
}
