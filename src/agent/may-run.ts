import { processKey } from '../model/process-key.ts';
import type { Host } from '../ports/host.ts';

/** Whether the init of this start, by its `processKey`, is still in the cgroup; also where nobody can say so. */
export async function mayRun(host: Pick<Host, 'inits'>, cgroup: string, start: string): Promise<boolean> {
  const inits = await host.inits(cgroup);
  if (!inits.ok) return inits.failed.errno !== 'ENOENT';
  return inits.value.some((init) => processKey(init) === start);
}
