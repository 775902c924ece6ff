import { type HandClock, handClock } from '../../fakes/clock.ts';

/** A clock whose calendar somebody sets. */
export interface SetClock extends HandClock {
  set(byMs: number): void;
}

export function setClock(): SetClock {
  const clock = handClock();
  let setMs = 1_800_000_000_000;
  return {
    ...clock,
    calendar: () => new Date(clock.now() + setMs).toISOString(),
    set(byMs) {
      setMs += byMs;
    },
  };
}
