import type { LimitsView } from '../ports/limits-view.ts';
import type { NewHits } from './limit-text.ts';

/** Counts hits from the first look at each guest and resource on. */
export function hitsSince(): { look(views: readonly LimitsView[]): void; readonly count: NewHits } {
  const first = new Map<string, number>();
  const key = (guest: string, resource: string) => `${guest} ${resource}`;
  return {
    look(views) {
      for (const { guest, rows } of views) {
        for (const { resource, hits } of rows) {
          const known = key(guest, resource);
          if (!first.has(known)) first.set(known, hits);
        }
      }
    },
    count: (guest, { resource, hits }) => hits - (first.get(key(guest, resource)) ?? hits),
  };
}
