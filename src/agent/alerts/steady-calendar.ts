import type { Clock } from '../../ports/clock.ts';

/** What is less than this is no step: the two clocks are not read at the same moment. */
const STEP_MS = 1000;

/** The calendar as it goes on while nobody sets it. */
export class SteadyCalendar {
  readonly #clock: Clock;
  /** Of the monotonic clock's zero. */
  #base: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#base = this.#shown() - clock.now();
  }

  /** Milliseconds since 1970, whole ones; as steady as the monotonic clock is. */
  now(): number {
    return Math.floor(this.#base + this.#clock.now());
  }

  /** By how much it was set since this was asked last, milliseconds; from now on it is what it was set to. */
  step(): number {
    const by = Math.round(this.#shown() - this.now());
    if (Math.abs(by) < STEP_MS) return 0;
    this.#base += by;
    return by;
  }

  #shown(): number {
    return Date.parse(this.#clock.calendar());
  }
}
