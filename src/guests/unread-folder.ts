import { readdirSync } from 'node:fs';
import type { Refusal } from '../model/failure.ts';

/** Why nobody knows what is in a folder of guests. The usual one need not be there: a host may be without such guests. */
export function unreadFolder(path: string, usual: string): readonly Refusal[] {
  try {
    readdirSync(path);
    return [];
  } catch (error) {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (errno !== 'ENOENT') return [{ code: 'W_FOLDER', subject: path, detail: errno }];
    return path === usual ? [] : [{ code: 'W_FOLDER', subject: path, detail: 'there is no such folder' }];
  }
}
