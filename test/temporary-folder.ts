import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isNoted, noteFolder } from './kernel/noted.ts';

/** Gives the tests of a run a folder of their own for what is temporary, which is gone after it whatever they leave there. */
export function setup(): (() => void) | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'hostler-test-'));
  chmodSync(folder, 0o1777); // for everybody, as the one that it stands for
  process.env.TMPDIR = folder;
  process.env.NODE_COMPILE_CACHE = join(folder, 'compiled'); // hundreds of processes read the same few programs
  if (!isNoted) return () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  noteFolder(folder); // guests may still run in it
  return undefined;
}
