import type { BelowCounters } from '../model/hits.ts';
import { countersBelow } from './counters-below.ts';

/** What pids.events of the cgroups below this one say, where that is anything. */
export function refusalsBelow(top: string): BelowCounters {
  const { counts, isWhole } = countersBelow(top, 'pids.events', 'max');
  return { counts: Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)), isWhole };
}
