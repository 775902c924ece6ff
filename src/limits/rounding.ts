import type { LimitFile } from '../model/limit.ts';
import { fileOf, isOfQuota } from './files.ts';

/** The kernel rounds memory to its pages. */
const LARGEST_PAGE = 65_536;

/**
 * Whether the kernel itself makes of `ours` what it holds, apart from periods that it makes longer. What else is there was written by
 * somebody, just after it was ours.
 */
export function isRounding(file: LimitFile, ours: string, held: string | undefined): boolean {
  if (held === undefined || held === ours) return true;
  if (file.startsWith('memory.')) return Math.abs(Number(held) - Number(ours)) < LARGEST_PAGE;
  if (file.startsWith('pids.') || isOfQuota(file)) return false;
  return !hasNoEnd(file, held);
}

// A weight always has one; a disk's line that is not there, or says so, limits nothing.
function hasNoEnd(file: LimitFile, held: string): boolean {
  return fileOf(file) !== file && (held === '0' || /^(\w+=max ?)+$/.test(held));
}
