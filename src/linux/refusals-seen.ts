import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { BelowCounters } from '../model/hits.ts';
import { oneNumber, type ReadFile } from './cgroup-text.ts';
import { refusalsBelow } from './refusals-below.ts';

const NOTHING: BelowCounters = { counts: {}, isWhole: true };
/** Nobody tells of them, and a look at them is a look at every cgroup of the guest. */
const REST_MS = 10_000;

/** Processes that are refused in cgroups of a guest's own, where this kernel counts them there. */
export class RefusalsSeen {
  readonly #top: string;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #seen = NOTHING;
  #limit = Number.POSITIVE_INFINITY;

  constructor(top: string) {
    this.#top = top;
  }

  /** Looked for again when the last look is not too fresh, or with `isLast`. */
  read(read: ReadFile, isLast = false): BelowCounters {
    const limit = oneNumber(read('pids.max')) ?? Number.POSITIVE_INFINITY;
    const lowest = Math.min(limit, this.#limit);
    this.#limit = limit;
    // A guest that never had as many as its limit allows was refused none for it.
    const most = oneNumber(read('pids.peak')) ?? Number.POSITIVE_INFINITY;
    if (lowest === Number.POSITIVE_INFINITY || most < lowest) return this.#seen;
    if (!isLast && performance.now() < this.#lookedAt + REST_MS) return this.#seen;
    this.#seen = refusalsBelow(this.#top);
    this.#lookedAt = performance.now();
    return this.#seen;
  }
}

/** Whether the kernel counts a refusal in the cgroup of who asked, and not where the limit is: on v1, and before Linux 6.12. */
export function countsBelow(folder: string, v2Options: readonly string[]): boolean {
  const tellsApart = statSync(join(folder, 'pids.events.local'), { throwIfNoEntry: false }) !== undefined;
  return !tellsApart || v2Options.includes('pids_localevents');
}
