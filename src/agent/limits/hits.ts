import { hitsAfter, newHits } from '../../limits/hits.ts';
import type { Refusal } from '../../model/failure.ts';
import type { HitCounters } from '../../model/hits.ts';
import type { LimitsReading } from '../../ports/cgroups.ts';
import type { World } from '../world.ts';
import type { LimitRecord } from './record.ts';

/** A guest that hits its limits all the time costs one write of its ledger in so long. */
const LEDGER_REST_MS = 1000;

/** Takes in the kernel's counters; answers what is new. */
export function countHits(world: World, record: LimitRecord, { epoch, counters }: LimitsReading): HitCounters {
  const before = record.ledger.hits;
  const hits = hitsAfter(before, epoch, counters, world.ports.clock.calendar());
  record.ledger = { ...record.ledger, hits };
  return newHits(before, hits);
}

/** Keeps what was counted on the disk. `dueAt` (monotonic ms): it is too early, look again. */
export function keepHits(
  { ports: { store, clock } }: World,
  name: string,
  record: LimitRecord,
): { readonly refusals: readonly Refusal[]; readonly dueAt?: number } {
  if (store.hasLimits(name, record.ledger)) return { refusals: [] };
  const now = clock.now();
  if (now < record.ledgerDue) return { refusals: [], dueAt: record.ledgerDue };
  record.ledgerDue = now + LEDGER_REST_MS;
  return { refusals: store.saveLimits(name, record.ledger) };
}
