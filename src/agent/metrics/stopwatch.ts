import type { Durations } from '../../model/metric.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PassKind } from '../../ports/metrics-view.ts';
import type { Pass } from '../queue.ts';

/** Seconds: from what a pass takes that changes nothing to what a guest that plays dead takes. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** Counts how long things took, and knows which of them go on. */
export class Stopwatch {
  readonly #begun = new Set<{ readonly at: number }>();
  readonly #counts = [...BOUNDS, Number.POSITIVE_INFINITY].map(() => 0);
  #sum = 0;

  took(seconds: number): void {
    const at = BOUNDS.findIndex((bound) => seconds <= bound);
    const bucket = at < 0 ? BOUNDS.length : at;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += seconds;
  }

  /** Something begins now (monotonic ms); the answer ends it. */
  begins(at: number): (now: number) => void {
    const begun = { at };
    this.#begun.add(begun);
    return (now) => {
      this.#begun.delete(begun);
      this.took((now - at) / 1000);
    };
  }

  /** How long the one goes on that began first, in milliseconds. */
  longestMs(now: number): number {
    const [first] = this.#begun;
    return first === undefined ? 0 : now - first.at;
  }

  durations(): Durations {
    return { bounds: BOUNDS, counts: [...this.#counts], sum: this.#sum };
  }
}

export type Stopwatches = Readonly<Record<PassKind, Stopwatch>>;

export function newStopwatches(): Stopwatches {
  return { devices: new Stopwatch(), limits: new Stopwatch(), starts: new Stopwatch(), stops: new Stopwatch() };
}

/** The same pass, timed. */
export function timed(pass: Pass, clock: Pick<Clock, 'now'>, stopwatch: Stopwatch): Pass {
  return async (guest) => {
    const end = stopwatch.begins(clock.now());
    try {
      return await pass(guest);
    } finally {
      end(clock.now());
    }
  };
}
