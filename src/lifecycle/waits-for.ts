import type { Blocker, StopState } from '../model/stop.ts';
import { rankOf, unitOf } from './blockers.ts';

/** What a guest that is halting waits for: a unit of its systemd, or a process that is of none. */
export interface Wait {
  readonly unit?: string;
  /** The one of its processes that tells most. */
  readonly blocker: Blocker;
}

/** Without its init, and those last that end last anyway. */
export function waitsFor({ of }: Pick<StopState, 'of'>, blockers: readonly Blocker[]): readonly Wait[] {
  const found = new Map<string, Wait>();
  for (const blocker of blockers.filter(({ pid }) => pid !== of.pid)) {
    const unit = unitOf(blocker.cgroup);
    const key = unit ?? `${blocker.pid}`;
    if (!found.has(key)) found.set(key, { blocker, ...(unit !== undefined && { unit }) });
  }
  return [...found.values()].sort((one, other) => rankOf(one.blocker, of.pid) - rankOf(other.blocker, of.pid));
}

/** Whether the same are still there. */
export function sameProcesses(some: readonly Blocker[], others: readonly Blocker[]): boolean {
  const keys = (blockers: readonly Blocker[]) =>
    blockers
      .map(({ pid, startTime }) => `${pid} ${startTime}`)
      .sort()
      .join();
  return keys(some) === keys(others);
}
