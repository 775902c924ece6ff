import { closeSync, openSync, readSync } from 'node:fs';

/** The first so many bytes of a file that somebody else may let grow; nothing where it cannot be read. */
export function readStart(path: string, bytes: number): string {
  try {
    const file = openSync(path, 'r');
    try {
      return readAll(file, Buffer.alloc(bytes));
    } finally {
      closeSync(file);
    }
  } catch {
    return ''; // what it is about ended meanwhile
  }
}

// The kernel gives a page at a time.
function readAll(file: number, into: Buffer): string {
  let filled = 0;
  for (let got = 1; got > 0 && filled < into.length; filled += got)
    got = readSync(file, into, filled, into.length - filled, null);
  return into.toString('utf8', 0, filled);
}
