import type { StartSettings } from '../model/lifecycle.ts';

/** What a guest has whose file says nothing of its start. */
export const USUAL_START: StartSettings = {
  auto: false,
  marks: ['default'],
  after: [],
  ready: { kind: 'armed' },
  timeoutMs: 60_000,
  late: 'hold',
};

export type StartOf = (guest: string) => Pick<StartSettings, 'after'>;

/** These guests and all that they wait for. */
export function withThoseBefore(guests: Iterable<string>, startOf: StartOf): ReadonlySet<string> {
  const all = new Set<string>();
  const enter = [...guests];
  for (let guest = enter.pop(); guest !== undefined; guest = enter.pop()) {
    if (!all.has(guest)) enter.push(...startOf(guest).after);
    all.add(guest);
  }
  return all;
}

/** Of guests that are to be stopped, those whose turn it is: nobody among the others waits for them. */
export function stoppableNow(guests: readonly string[], startOf: StartOf): readonly string[] {
  const needed = new Set(guests.flatMap((guest) => startOf(guest).after.filter((other) => other !== guest)));
  const free = guests.filter((guest) => !needed.has(guest));
  return free.length > 0 ? free : guests; // in a circle nobody is last
}
