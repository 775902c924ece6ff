import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Refusal } from '../model/failure.ts';
import { freeRoom, keepRoom } from './kept-room.ts';

/** Of the file, and of the one before it. */
const MOST_BYTES = 1 << 20;
/** At once: far less than the file may have. */
const MOST_LINES = 64;

/**
 * Appends lines, whole ones, to a file that never grows beyond a MiB: a full one becomes FILE.1 and the one that was that is lost. As
 * much is kept in FILE.room for when the disk is full; without lines that alone is done.
 */
export function appendBounded(path: string, lines: readonly string[]): readonly Refusal[] {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    for (let at = 0; at < lines.length; at += MOST_LINES) append(path, lines.slice(at, at + MOST_LINES));
  } catch (error) {
    return [refusedWrite(path, error)];
  }
  const roomless = keepRoom(roomOf(path), MOST_BYTES);
  return roomless === undefined || lines.length > 0 ? [] : [refusedWrite(roomOf(path), roomless)];
}

function append(path: string, lines: readonly string[]): void {
  const text = lines.map((line) => `${line}\n`).join('');
  const bytes = Buffer.byteLength(text);
  const size = sizeOf(path);
  if (size > 0 && size + bytes > MOST_BYTES) renameSync(path, `${path}.1`);
  try {
    appendWhole(path, text);
  } catch (error) {
    if (!isFull(error) || !freeRoom(roomOf(path), bytes)) throw error;
    appendWhole(path, text);
  }
}

// What came before may end within a line: whoever wrote it was killed.
function appendWhole(path: string, text: string): void {
  const file = openSync(path, 'a+', 0o600);
  try {
    const { size } = fstatSync(file);
    try {
      writeFileSync(file, endsInLine(file, size) ? `\n${text}` : text);
      fdatasyncSync(file);
    } catch (error) {
      if (size > 0) ftruncateSync(file, size);
      throw error;
    }
  } finally {
    closeSync(file);
  }
}

function endsInLine(file: number, size: number): boolean {
  const last = Buffer.alloc(1);
  return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last.toString() !== '\n';
}

function roomOf(path: string): string {
  return `${path}.room`;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

function refusedWrite(subject: string, error: unknown): Refusal {
  return { code: 'E_STATE_WRITE', subject, detail: error instanceof Error ? error.message : String(error) };
}
