import type { EventView } from '../ports/agent.ts';

/** The last events, numbered from 1, for those who ask later and those who follow. */
export interface History {
  add(event: Omit<EventView, 'number'>): EventView;
  /** Events with a number above `after`, oldest first. */
  after(number: number): readonly EventView[];
  /** The number of the newest one; 0: there was none yet. */
  last(): number;
  follow(listener: (event: EventView) => void): () => void;
}

export function createHistory(capacity: number): History {
  let events: EventView[] = [];
  let last = 0;
  const listeners = new Set<(event: EventView) => void>();
  return {
    add(event) {
      last += 1;
      const numbered = { number: last, ...event };
      events.push(numbered);
      // Cut in halves: a cut at every event would copy the whole list each time.
      if (events.length > 2 * capacity) events = events.slice(-capacity);
      for (const listener of listeners) listener(numbered);
      return numbered;
    },
    after: (number) => events.slice(-capacity).filter((event) => event.number > number),
    last: () => last,
    follow(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
