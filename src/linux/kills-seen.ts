import type { BelowCounters } from '../model/hits.ts';
import { flatNumbers, type ReadFile } from './cgroup-text.ts';
import { countersBelow } from './counters-below.ts';

/** A look is one at every cgroup of the guest. */
const REST_MS = 10_000;
/** Where the guest's own limit was met since, somebody may have been killed. */
const MET_REST_MS = 1000;

/** Processes that were killed in cgroups of a guest's own, where v1 counts them: each that there is has a count. */
export class KillsSeen {
  readonly #top: string;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #met: string | undefined;
  #seen: BelowCounters = { counts: {}, isWhole: false };

  constructor(top: string) {
    this.#top = top;
  }

  /** Looked for again when the last look is not too fresh, or with `isLast`: another object then, else the same. */
  read(read: ReadFile, isLast = false): BelowCounters {
    const met = read('memory.failcnt');
    const restMs = met === this.#met ? REST_MS : MET_REST_MS;
    if (!isLast && performance.now() < this.#lookedAt + restMs) return this.#seen;
    this.#met = met;
    this.#seen = countersBelow(this.#top, 'memory.oom_control', 'oom_kill');
    this.#lookedAt = performance.now();
    return this.#seen;
  }
}

/** Whether the kernel counts kills on v1 at all: since Linux 4.13. */
export function countsKills(read: ReadFile): boolean {
  return flatNumbers(read('memory.oom_control')).has('oom_kill');
}
