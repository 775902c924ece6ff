import type { LimitRow } from '../model/limit.ts';
import type { LimitsView } from '../ports/limits-view.ts';

/** What is near its limit, or was at it: rows with hits, and those of which half of the limit or more is held. */
export function notable(views: readonly LimitsView[]): readonly LimitsView[] {
  return views
    .map((view) => ({ ...view, rows: view.rows.filter(isNotable) }))
    .filter(({ rows, refusals }) => rows.length + refusals.length > 0);
}

// CPU time is held for ever, and its limit is one of each second.
function isNotable({ unit, held, limit, hits }: LimitRow): boolean {
  if (hits > 0) return true;
  return unit !== 'cpu' && held !== undefined && limit !== undefined && held >= limit / 2;
}
