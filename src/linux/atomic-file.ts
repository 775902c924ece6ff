import { hash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** What was read: the value, or why it cannot be used. Absent: neither. */
export interface Read {
  readonly value?: unknown;
  readonly bad?: string;
}

const VERSION = 1;

/**
 * Writes a value as JSON with a checksum, whole or not at all: a temporary file in the same folder, then rename. Throws
 * what the file system says. With `durable` the bytes are on the disk before the name is.
 */
export function writeValue(path: string, value: unknown, durable: boolean): void {
  const body = JSON.stringify(value);
  const temporary = `${path}.new`;
  try {
    writeIn(dirname(path), temporary, `${VERSION} ${checksum(body)}\n${body}\n`, durable);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true }); // half a file would take the room that the next try needs
    throw error;
  }
}

/** Names in this folder are on the disk as well when this returns. Throws what the file system says. */
export function flushNames(folder: string): void {
  const opened = openSync(folder, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

// The folder is there but the first time.
function writeIn(folder: string, path: string, text: string, flush: boolean): void {
  try {
    writeFileSync(path, text, { mode: 0o600, flush });
  } catch (error) {
    if (!isAbsent(error)) throw error;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(path, text, { mode: 0o600, flush });
  }
}

/** Never throws: a file that is absent, cut short or changed by somebody is not a value. */
export function readValue(path: string): Read {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return isAbsent(error) ? {} : { bad: String(error) };
  }
  const [head = '', body = ''] = text.split('\n');
  if (head !== `${VERSION} ${checksum(body)}`) return { bad: 'checksum or version does not fit' };
  try {
    return { value: JSON.parse(body) };
  } catch (error) {
    return { bad: String(error) }; // somebody knows how to make a checksum
  }
}

function checksum(body: string): string {
  return hash('sha256', body);
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
