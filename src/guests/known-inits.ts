import { readFileSync } from 'node:fs';
import type { Process } from '../model/process-key.ts';
import type { Host } from '../ports/host.ts';
import { isAlive } from './is-alive.ts';

/**
 * The same host, which names the init that it has found in a cgroup also where a search is refused, as long as that lives: a guest
 * can make so much in its cgroup that a search is cut, and what was not met has not ended. `kept`: the inits that an agent before
 * this one has found.
 */
export function withKnownInits(host: Host, kept: () => readonly Process[] = () => []): Host {
  const known = new Map<string, Process>();
  return {
    ...host,
    async inits(cgroup) {
      const answer = await host.inits(cgroup);
      if (answer.ok) {
        const [init] = answer.value;
        if (init === undefined) known.delete(cgroup);
        else remember(known, cgroup, init);
        return answer;
      }
      const { errno, call } = answer.failed;
      if (call === 'executor' || errno === 'ENOENT') return answer;
      const before = living(known.get(cgroup)) ?? kept().find((init) => isIn(init, cgroup) && living(init));
      if (before === undefined) return answer;
      remember(known, cgroup, before);
      return { ok: true, value: [before] };
    },
  };
}

function living(init: Process | undefined): Process | undefined {
  return init !== undefined && isAlive(init.pid, init.startTime) ? init : undefined;
}

// In whichever hierarchy: a guest may have moved its init further down in some of them, and out of its cgroup in none.
function isIn({ pid }: Process, cgroup: string): boolean {
  try {
    return isListedBelow(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), cgroup);
  } catch {
    return false; // it ended meanwhile
  }
}

/** `cgroups`: as /proc/PID/cgroup has them. */
export function isListedBelow(cgroups: string, cgroup: string): boolean {
  const paths = cgroups.match(/(?<=^\d+:[^:]*:).*$/gm) ?? [];
  return paths.some((path) => path === cgroup || path.startsWith(`${cgroup}/`));
}

/** Of a power of two of them those that ended are forgotten: some guests have a new name each time. */
function remember(known: Map<string, Process>, cgroup: string, init: Process): void {
  const { size } = known;
  if (size >= FEW && (size & (size - 1)) === 0)
    for (const [of, { pid, startTime }] of known) if (!isAlive(pid, startTime)) known.delete(of);
  known.set(cgroup, init);
}

const FEW = 64;
