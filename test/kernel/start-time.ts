import { readFileSync } from 'node:fs';

/** Field 22 of /proc/PID/stat: with the pid it names one process for ever. */
export function startTime(pid: number): bigint {
  return BigInt(fieldsOf(pid)[19] ?? 0);
}

export function parentOf(pid: number): number {
  return Number(fieldsOf(pid)[1]);
}

// From the third on, what is before them may hold anything.
function fieldsOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
}
