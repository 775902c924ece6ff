import type { BelowCounters, KillsBelow } from '../model/hits.ts';
import { belowAfter } from './below.ts';

type Counts = BelowCounters['counts'];

/** Kills that a counter told of, and of which the log may tell until then (monotonic ms) as well. */
export interface Unlogged {
  readonly counts: Counts;
  readonly until: number;
}

export const NOTHING_UNLOGGED: Unlogged = { counts: {}, until: 0 };
export const NO_KILLS_BELOW: KillsBelow = { epoch: '', counts: {}, ahead: {} };

/** What is known afterwards, and how many kills nobody had counted. */
export interface Balanced {
  readonly known: KillsBelow;
  readonly unlogged: Unlogged;
  readonly kills: number;
}

/** The log is hardly ever so late. */
const LOG_MS = 1000;

/** The log told of a kill in this cgroup; undefined: it is gone, and no counter will tell of it any more. */
export function killLogged(known: KillsBelow, unlogged: Unlogged, cgroup: string | undefined, now: number): Balanced {
  const waiting = now < unlogged.until ? unlogged.counts : {};
  const counted = cgroup ?? Object.keys(waiting).find((one) => (waiting[one] ?? 0) > 0) ?? '';
  if ((waiting[counted] ?? 0) > 0)
    return { known, unlogged: { ...unlogged, counts: plus(waiting, counted, -1) }, kills: 0 };
  const ahead = cgroup === undefined ? known.ahead : plus(known.ahead, cgroup, 1);
  return { known: { ...known, ahead }, unlogged, kills: 1 };
}

/** Somebody looked at the counters; `below` has each cgroup that there is, where it is whole. */
export function killsSeen(known: KillsBelow, epoch: string, below: BelowCounters, now: number): Balanced {
  const { counts, isWhole } = below;
  const hit = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  const { kept = {}, growths } = belowAfter(epoch === known.epoch ? known.counts : {}, { counts: hit, isWhole });
  const before = bootOf(epoch) === bootOf(known.epoch) || known.epoch === '' ? known.ahead : {};
  const news = Object.entries(growths).map(
    ([cgroup, grown]) => [cgroup, Math.max(0, grown - (before[cgroup] ?? 0))] as const,
  );
  const ahead = Object.entries(before).flatMap(([cgroup, logged]) => {
    const left = logged - (growths[cgroup] ?? 0);
    const isGone = isWhole && counts[cgroup] === undefined;
    return left > 0 && !isGone ? [[cgroup, left] as const] : [];
  });
  return {
    known: { epoch, counts: kept, ahead: Object.fromEntries(ahead) },
    unlogged: { counts: Object.fromEntries(news), until: now + LOG_MS },
    kills: news.reduce((sum, [, kills]) => sum + kills, 0),
  };
}

function plus(counts: Counts, cgroup: string, more: number): Counts {
  return { ...counts, [cgroup]: (counts[cgroup] ?? 0) + more };
}

// `BOOT:INODE`.
function bootOf(epoch: string): string {
  return epoch.slice(0, epoch.indexOf(':'));
}
