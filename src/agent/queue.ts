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
  /** Forgets a guest that is no more; a pass of it that runs still ends. */
  forget(guest: string): void;
}

interface Entry {
  /** Passes that have ended. */
  passes: number;
  waits: boolean;
  runs: boolean;
  cancelWake: () => void;
}

export function createQueue(pass: Pass, clock: Pick<Clock, 'wake'>): Queue {
  const entries = new Map<string, Entry>();
  let waiting: { readonly isOver: () => boolean; readonly resolve: () => void }[] = [];

  const add = (guest: string) => {
    const entry = entries.get(guest) ?? { passes: 0, waits: false, runs: false, cancelWake: () => {} };
    entries.set(guest, entry);
    if (entry.waits) return;
    entry.waits = true;
    if (!entry.runs) queueMicrotask(() => void run(guest, entry));
  };
  const run = async (guest: string, entry: Entry) => {
    entry.cancelWake();
    entry.waits = false;
    entry.runs = true;
    const wakeAt = await pass(guest);
    entry.runs = false;
    entry.passes += 1;
    if (entry.waits) {
      settle();
      return run(guest, entry);
    }
    if (wakeAt !== undefined && entries.has(guest)) entry.cancelWake = clock.wake(wakeAt, () => add(guest));
    settle();
  };
  const isIdle = () => [...entries.values()].every(isResting);
  const isRested = (guest: string) => isResting(entries.get(guest) ?? { waits: false, runs: false });
  const settle = () => {
    const over = waiting.filter(({ isOver }) => isOver());
    waiting = waiting.filter((one) => !over.includes(one));
    for (const { resolve } of over) resolve();
  };
  const until = (isOver: () => boolean): Promise<void> =>
    isOver() ? Promise.resolve() : new Promise((resolve) => waiting.push({ isOver, resolve }));

  return {
    add,
    isIdle,
    isRested,
    idle: () => until(isIdle),
    rested: (guest) => until(() => isRested(guest)),
    passed(guest) {
      const entry = entries.get(guest);
      if (entry === undefined || isResting(entry)) return Promise.resolve();
      // One that runs began before.
      const enough = entry.passes + (entry.runs ? 1 : 0) + (entry.waits ? 1 : 0);
      return until(() => entry.passes >= enough || isResting(entry));
    },
    forget(guest) {
      entries.get(guest)?.cancelWake();
      entries.delete(guest);
    },
  };
}

function isResting({ waits, runs }: Pick<Entry, 'waits' | 'runs'>): boolean {
  return !waits && !runs;
}
