import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Refusal } from '../model/failure.ts';

/** Of the file, and of the one before it. */
const MOST_BYTES = 1 << 20;

/** Appends lines to a file that never grows beyond a MiB: a full one becomes FILE.1 and the one that was that is lost. */
export function appendBounded(path: string, lines: readonly string[]): readonly Refusal[] {
  const text = lines.map((line) => `${line}\n`).join('');
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    if (sizeOf(path) + Buffer.byteLength(text) > MOST_BYTES) renameSync(path, `${path}.1`);
    appendFileSync(path, text, { mode: 0o600 });
    return [];
  } catch (error) {
    return [{ code: 'E_STATE_WRITE', subject: path, detail: error instanceof Error ? error.message : String(error) }];
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
