import { readFileSync } from 'node:fs';

/** Field 22 of /proc/PID/stat: with the pid it names one process for ever. */
export function startTime(pid: number): bigint {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return BigInt(fields[19] ?? 0);
}
