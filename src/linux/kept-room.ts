import { randomBytes } from 'node:crypto';
import { appendFileSync, statSync, truncateSync } from 'node:fs';

/** Room is freed in pieces of that size, so that what a file system needs besides is there too. */
const PIECE_BYTES = 64 << 10;

/** Keeps so much of the disk in a file that means nothing. Answers what was in the way; then there is what there was before. */
export function keepRoom(path: string, bytes: number): unknown {
  const kept = roomIn(path);
  if (kept >= bytes) return undefined;
  try {
    appendFileSync(path, randomBytes(bytes - kept), { mode: 0o600, flush: true }); // zeros might take no room
    return undefined;
  } catch (error) {
    shorten(path, kept);
    return error;
  }
}

/** Gives room for so much back; false: there is none. */
export function freeRoom(path: string, bytes: number): boolean {
  const kept = roomIn(path);
  if (kept === 0) return false;
  return shorten(path, Math.max(0, kept - Math.ceil(bytes / PIECE_BYTES) * PIECE_BYTES));
}

function roomIn(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function shorten(path: string, bytes: number): boolean {
  try {
    truncateSync(path, bytes);
    return true;
  } catch {
    return false; // it was never there, or the disk takes nothing at all any more
  }
}
