import type { BelowCounters, HitCounters, HitResource, Hits, HitsLedger } from '../model/hits.ts';
import { belowAfter } from './below.ts';

export const NO_HITS: HitsLedger = { epoch: '', hits: {} };

/** The ledger after a look at the counters. A counter that begins anew, or went back, counts from 0. */
export function hitsAfter(
  ledger: HitsLedger,
  epoch: string,
  counters: HitCounters,
  at: string,
  below?: BelowCounters,
): HitsLedger {
  const resources = new Set([...keysOf(ledger.hits), ...keysOf(counters)]);
  const hits = [...resources].map((resource) => {
    const before = ledger.hits[resource] ?? { total: 0, last: 0 };
    const known = epoch === ledger.epoch ? before.last : 0;
    return [resource, counted({ ...before, last: known }, counters[resource] ?? known, at)] as const;
  });
  const { kept, grown } = belowAfter(epoch === ledger.epoch ? ledger.below : undefined, below);
  const after = { epoch, hits: Object.fromEntries(hits), ...(kept && { below: kept }), ...killsOf(ledger) };
  return grown === 0 ? after : withMore(after, { processes: grown }, at);
}

/** What came on top, by resource; without those of which nothing did. */
export function newHits(before: HitsLedger, after: HitsLedger): HitCounters {
  const grown = keysOf(after.hits).map(
    (resource) => [resource, totalOf(after, resource) - totalOf(before, resource)] as const,
  );
  return Object.fromEntries(grown.filter(([, count]) => count > 0));
}

/** Hits that no counter tells of any more. */
export function withMore(ledger: HitsLedger, more: HitCounters, at: string): HitsLedger {
  const added = keysOf(more).map((resource) => {
    const { total = 0, last = 0, firstAt = at } = ledger.hits[resource] ?? {};
    return [resource, { total: total + (more[resource] ?? 0), last, firstAt, lastAt: at }] as const;
  });
  return { ...ledger, hits: { ...ledger.hits, ...Object.fromEntries(added) } };
}

export function sumOfHits(some: HitCounters, more: HitCounters): HitCounters {
  const resources = new Set([...keysOf(some), ...keysOf(more)]);
  return Object.fromEntries(
    [...resources].map((resource) => [resource, (some[resource] ?? 0) + (more[resource] ?? 0)]),
  );
}

export function totalOf({ hits }: HitsLedger, resource: HitResource): number {
  return hits[resource]?.total ?? 0;
}

function killsOf({ killsBelow }: HitsLedger): Pick<HitsLedger, 'killsBelow'> {
  return killsBelow === undefined ? {} : { killsBelow };
}

function counted(before: Hits, now: number, at: string): Hits {
  const added = now >= before.last ? now - before.last : now;
  if (added === 0) return { ...before, last: now };
  return { total: before.total + added, last: now, firstAt: before.firstAt ?? at, lastAt: at };
}

function keysOf(record: Readonly<Partial<Record<HitResource, unknown>>>): readonly HitResource[] {
  return RESOURCES.filter((resource) => record[resource] !== undefined);
}

const RESOURCES: readonly HitResource[] = ['rss', 'rss-barrier', 'swap', 'oom', 'oom-kill', 'processes', 'cpu', 'data'];
