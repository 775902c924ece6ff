import type { Clock } from '../ports/clock.ts';

/** One pass over a guest; answers when to look again although nothing happened (monotonic ms), or undefined. */
export type Pass = (guest: string) => Promise<number | undefined>;

/** The one queue: a guest waits in it at most once and is never in two passes at a time. */
export interface Queue {
  add(guest: string): void;
  /** Nothing waits and nothing runs. Timers do not count. */
  isIdle(): boolean;
  isRested(guest: string): boolean;
  /** Resolves when the queue is idle. */
  idle(): Promise<void>;
  /** Resolves when this guest neither waits nor runs. A guest that never rests never resolves. */
  rested(guest: string): Promise<void>;
  /** Resolves when a pass that began after this call has ended, or at once when none is asked for. */
  passed(guest: string): Promise<void>;
  /** Does something between two passes of this guest, never beside one, and before those that wait. */
  between<T>(guest: string, work: () => Promise<T>): Promise<T>;
  /** Forgets a guest that is no more; a pass of it that runs still ends. */
  forget(guest: string): void;
}

export function createQueue(pass: Pass, clock: Pick<Clock, 'wake'>): Queue {
  return new PassQueue(pass, clock);
}

interface Entry {
  /** Passes that have ended. */
  passes: number;
  waits: boolean;
  runs: boolean;
  /** Somebody sees to this guest, and does what is still to come too. */
  isServed: boolean;
  /** What is to be done between passes. */
  between: readonly (() => Promise<void>)[];
  cancelWake: () => void;
}

class PassQueue implements Queue {
  readonly #pass: Pass;
  readonly #clock: Pick<Clock, 'wake'>;
  readonly #entries = new Map<string, Entry>();
  #waiting: readonly { readonly isOver: () => boolean; readonly resolve: () => void }[] = [];

  constructor(pass: Pass, clock: Pick<Clock, 'wake'>) {
    this.#pass = pass;
    this.#clock = clock;
  }

  add(guest: string): void {
    const entry = this.#entry(guest);
    entry.waits = true;
    this.#serve(guest, entry);
  }

  between<T>(guest: string, work: () => Promise<T>): Promise<T> {
    const entry = this.#entry(guest);
    return new Promise<T>((resolve, reject) => {
      entry.between = [...entry.between, () => work().then(resolve, reject)];
      this.#serve(guest, entry);
    });
  }

  isIdle(): boolean {
    return [...this.#entries.values()].every(isResting);
  }

  isRested(guest: string): boolean {
    const entry = this.#entries.get(guest);
    return entry === undefined || isResting(entry);
  }

  idle(): Promise<void> {
    return this.#until(() => this.isIdle());
  }

  rested(guest: string): Promise<void> {
    return this.#until(() => this.isRested(guest));
  }

  passed(guest: string): Promise<void> {
    const entry = this.#entries.get(guest);
    if (entry === undefined || isResting(entry)) return Promise.resolve();
    // One that runs began before.
    const enough = entry.passes + (entry.runs ? 1 : 0) + (entry.waits ? 1 : 0);
    return this.#until(() => entry.passes >= enough || isResting(entry));
  }

  forget(guest: string): void {
    this.#entries.get(guest)?.cancelWake();
    this.#entries.delete(guest);
  }

  #entry(guest: string): Entry {
    const entry = this.#entries.get(guest) ?? newEntry();
    this.#entries.set(guest, entry);
    return entry;
  }

  #serve(guest: string, entry: Entry): void {
    if (entry.isServed) return;
    entry.isServed = true;
    queueMicrotask(() => void this.#workOff(guest, entry));
  }

  async #workOff(guest: string, entry: Entry): Promise<void> {
    while (entry.waits || entry.between.length > 0) {
      const [work, ...rest] = entry.between;
      entry.between = rest;
      await (work === undefined ? this.#run(guest, entry) : work());
    }
    entry.isServed = false;
  }

  async #run(guest: string, entry: Entry): Promise<void> {
    entry.cancelWake();
    entry.waits = false;
    entry.runs = true;
    const wakeAt = await this.#pass(guest);
    entry.runs = false;
    entry.passes += 1;
    if (!entry.waits && wakeAt !== undefined && this.#entries.has(guest))
      entry.cancelWake = this.#clock.wake(wakeAt, () => this.add(guest));
    this.#settle();
  }

  #until(isOver: () => boolean): Promise<void> {
    if (isOver()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting = [...this.#waiting, { isOver, resolve }];
    });
  }

  #settle(): void {
    const over = this.#waiting.filter(({ isOver }) => isOver());
    this.#waiting = this.#waiting.filter((one) => !over.includes(one));
    for (const { resolve } of over) resolve();
  }
}

function newEntry(): Entry {
  return { passes: 0, waits: false, runs: false, isServed: false, between: [], cancelWake: () => {} };
}

function isResting({ waits, runs }: Entry): boolean {
  return !waits && !runs;
}
