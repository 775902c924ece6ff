import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isNoted, noteFolder } from './kernel/noted.ts';

/** Of the run with this process, where nobody else takes it away when that is killed. */
const OF_PROCESS = /^hostler-test-(\d+)-\w+$/;

/** Gives the tests of a run a folder of their own for what is temporary, which is gone after it whatever they leave there. */
export function setup(): (() => void) | undefined {
  removeLeft();
  const folder = mkdtempSync(join(tmpdir(), isNoted ? 'hostler-test-' : `hostler-test-${process.pid}-`));
  chmodSync(folder, 0o1777); // for everybody, as the one that it stands for
  process.env.TMPDIR = folder;
  process.env.NODE_COMPILE_CACHE = join(folder, 'compiled'); // hundreds of processes read the same few programs
  if (!isNoted) return () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  noteFolder(folder); // guests may still run in it
  return undefined;
}

function removeLeft(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = OF_PROCESS.exec(name)?.[1];
    const folder = join(tmpdir(), name);
    if (pid === undefined || existsSync(`/proc/${pid}`) || !isOurs(folder)) continue;
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

function isOurs(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.();
}
