/** A pid is only a name together with the start time of its process, in clock ticks since boot. */
export interface Process {
  readonly pid: number;
  readonly startTime: string;
}

/** `31:99`: one process as ledgers name it; also one start of a guest, by its init. */
export function processKey({ pid, startTime }: Process): string {
  return `${pid}:${startTime}`;
}

/** The process that is named so. */
export function processOf(key: string): Process {
  const [pid, startTime = ''] = key.split(':');
  return { pid: Number(pid), startTime };
}
