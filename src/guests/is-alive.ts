import { readFileSync } from 'node:fs';

/** Whether that process, and no later one of its number, is still there and has not ended. */
export function isAlive(pid: number | string, startTime: string | undefined): boolean {
  try {
    const stat = statOf(pid);
    return stat[19] === startTime && stat[0] !== 'Z';
  } catch {
    return false;
  }
}

/** The words of /proc/PID/stat from the third on. proc(5): PID (COMM) STATE PPID ..., and COMM may hold anything. */
export function statOf(pid: number | string): readonly string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
}
