import type { GuestInstance } from '../model/guest.ts';
import type { Host } from '../ports/host.ts';

/** One start of a guest as ledgers name it. */
export function startKey({ pid, startTime }: Pick<GuestInstance, 'pid' | 'startTime'>): string {
  return `${pid}:${startTime}`;
}

/** Whether the init of this start, by its `startKey`, is still in the cgroup; also where nobody can say so. */
export async function mayRun(host: Pick<Host, 'inits'>, cgroup: string, start: string): Promise<boolean> {
  const inits = await host.inits(cgroup);
  if (!inits.ok) return inits.failed.errno !== 'ENOENT';
  return inits.value.some((init) => startKey(init) === start);
}
