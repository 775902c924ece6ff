import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';
import type { Readings } from '../limits/limiting.ts';

/** Between two passes nothing else is done for longer. */
const SLICE_MS = 5;
/** Who asks does not wait longer for readings. */
const WAIT_MS = 25;
/** What was read since is new enough. */
const FRESH_MS = 5000;

/** Reads what guests hold when somebody asks, and only then: those first whose reading is the oldest. */
export class Refresher {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #readings: Pick<Readings, 'readAt' | 'reread'>;
  readonly #running: () => readonly string[];
  /** Which run of reading goes on: the former ones end. */
  #run = 0;

  /** `running`: the guests that run now. */
  constructor(
    clock: Pick<Clock, 'now'>,
    readings: Pick<Readings, 'readAt' | 'reread'>,
    running: () => readonly string[],
  ) {
    this.#clock = clock;
    this.#readings = readings;
    this.#running = running;
  }

  /** Resolves when everything is fresh, or after a while that does not grow with the guests. */
  refresh(): Promise<void> {
    return this.#readUntil(this.#clock.now() + WAIT_MS);
  }

  /** Reads what is left, for who asks next; resolves when that is done, or when somebody asks. */
  readOn(): Promise<void> {
    return this.#readUntil(Number.POSITIVE_INFINITY);
  }

  async #readUntil(end: number): Promise<void> {
    this.#run += 1;
    const run = this.#run;
    const stale = this.#staleFirst();
    while (stale.length > 0 && run === this.#run && this.#clock.now() < end) {
      const until = this.#clock.now() + SLICE_MS;
      do this.#readings.reread(stale.shift() ?? '');
      while (stale.length > 0 && this.#clock.now() < until);
      await turn();
    }
  }

  #staleFirst(): string[] {
    const before = this.#clock.now() - FRESH_MS;
    const read = this.#running().map((guest) => ({ guest, at: this.#readings.readAt(guest) ?? NEVER }));
    const stale = read.filter(({ at }) => at === NEVER || at < before);
    return stale.sort((one, other) => one.at - other.at).map(({ guest }) => guest);
  }
}

const NEVER = -1;
