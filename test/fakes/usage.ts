import type { Usage } from '../../src/model/usage.ts';
import type { UsageReader } from '../../src/ports/usage.ts';
import type { Machine } from './machine.ts';

/** One process a guest; each look is kept in `asked`. */
export function fakeUsage(machine: Machine): UsageReader {
  const used = (what: string, processes: number): Usage => {
    machine.asked.push(`host usage ${what}`);
    return { processes, isMore: false, virtualBytes: 0, residentBytes: 0, uptimeMs: machine.clock.now() };
  };
  return {
    host: async () => used('host', machine.guests.size + 1),
    async guest({ cgroup }) {
      const isThere = [...machine.guests.values()].some((start) => start?.instance.cgroup === cgroup);
      return isThere ? used(cgroup, 1) : undefined;
    },
  };
}
