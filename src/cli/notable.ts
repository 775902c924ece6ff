import { isNotable } from '../model/notable-row.ts';
import type { LimitsView } from '../ports/limits-view.ts';

/** What is near its limit, or was at it: rows with hits, and those of which half of the limit or more is held. */
export function notable(views: readonly LimitsView[]): readonly LimitsView[] {
  return views
    .map((view) => ({ ...view, rows: view.rows.filter(isNotable) }))
    .filter(({ rows, refusals }) => rows.length + refusals.length > 0);
}
