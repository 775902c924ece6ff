import { hitsAfter, NO_HITS, newHits, sumOfHits } from '../../limits/hits.ts';
import type { Refusal } from '../../model/failure.ts';
import type { HitCounters } from '../../model/hits.ts';
import type { LastCounters } from '../../ports/cgroups.ts';
import type { Ports, World } from '../world.ts';
import { countApart, countBelow, countMissing } from './kills.ts';
import { EMPTY_LEDGER, type LimitRecord } from './record.ts';

/** A guest that hits its limits all the time costs one write of its ledger in so long. */
const LEDGER_REST_MS = 1000;
/** Held back, or its cache taken back, a guest is all the time; and as long as it runs the kernel knows of it too. */
const QUIET_REST_MS = 30_000;
const QUIET: readonly string[] = ['cpu', 'rss', 'swap'];

/** Takes in the kernel's counters, and what is in none of them; answers what is new. What came before the first look of all is not. */
export function countHits(world: World, record: LimitRecord, read: LastCounters): HitCounters {
  const { epoch, counters, below } = read;
  const before = record.ledger.hits;
  const hits = hitsAfter(before, epoch, counters, world.ports.clock.calendar(), below);
  record.ledger = { ...record.ledger, hits };
  const fresh = before.epoch === NO_HITS.epoch ? {} : newHits(before, hits);
  record.ledgerPresses ||= Object.keys(fresh).some((resource) => !QUIET.includes(resource));
  record.kills = { ...record.kills, byCounter: record.kills.byCounter + (fresh['oom-kill'] ?? 0) };
  const inside = countBelow(world, record, read);
  return [before.epoch === NO_HITS.epoch ? {} : inside, countApart(world, record)].reduce(sumOfHits, fresh);
}

/** The start that was read last has ended: what it hit since is counted as long as somebody knows. */
export function endLife(world: World, record: LimitRecord): void {
  const last = record.of && world.ports.cgroups.end(record.of);
  record.of = undefined;
  const isCounted = last !== undefined && last.epoch === record.ledger.hits.epoch;
  leaveUntold(record, isCounted ? countHits(world, record, last) : {});
  leaveUntold(record, countMissing(world, record));
  record.ledgerPresses = true;
}

/** Somebody is to be told of these. */
export function leaveUntold(record: LimitRecord, hits: HitCounters): void {
  record.untold = { ...record.untold, hits: sumOfHits(record.untold.hits, withoutReclaim(hits)) };
}

// At its limit a guest's cache is taken back, over and over, with or without room in swap, and nobody misses it: what hurts is a kill, or a level.
function withoutReclaim({ rss: _, swap: __, ...hits }: HitCounters): HitCounters {
  return hits;
}

/** Keeps what was counted on the disk, however early it is: the agent ends. */
export function keepAllHits({ store }: Pick<Ports, 'store'>, records: ReadonlyMap<string, LimitRecord>): void {
  for (const [name, { ledger }] of records)
    if (ledger !== EMPTY_LEDGER && !store.hasLimits(name, ledger)) store.saveLimits(name, ledger);
}

/** Keeps what was counted on the disk. `dueAt` (monotonic ms): it is too early, look again. */
export function keepHits(
  world: World,
  name: string,
  record: LimitRecord,
): { readonly refusals: readonly Refusal[]; readonly dueAt?: number } {
  const { store, clock } = world.ports;
  if (store.hasLimits(name, record.ledger)) return { refusals: [] };
  const dueAt = record.ledgerDue + (record.ledgerPresses ? 0 : QUIET_REST_MS - LEDGER_REST_MS);
  if (clock.now() < dueAt) return { refusals: record.unsaved, dueAt };
  record.ledgerDue = clock.now() + LEDGER_REST_MS;
  keepLedger(world, name, record);
  return { refusals: record.unsaved };
}

/** The same at once. What the disk does not take is told when the pass is over, and kept later: limits do not wait for it. */
export function keepLedger({ ports: { store, clock } }: World, name: string, record: LimitRecord): void {
  record.unsaved = store.saveLimits(name, record.ledger);
  record.ledgerPresses = record.unsaved.length > 0;
  if (record.ledgerPresses) record.ledgerDue = clock.now() + LEDGER_REST_MS;
}
