import type { Clock } from '../../ports/clock.ts';
import { paced } from '../paced.ts';

/** A guest that meets its limits all the time has its counters read once in so long: none of them forgets anything. */
const COUNTERS_REST_MS = 1000;
/** Somebody waits to hear who was killed, or for a limit that somebody else changed. */
const OTHERS_REST_MS = 100;
const COUNTERS = ['events', 'oom_control', 'pressure'];
/** v1 tells that memory is out before it kills and counts, and of many kills its log leaves some out. */
const AFTERWARDS_MS: Readonly<Record<string, readonly number[]>> = { 'memory.oom_control': [20, 80] };

/** Looks that a guest causes itself: for each reason the first at once, however often there is one after that. */
export class Looks {
  readonly #clock: Pick<Clock, 'now' | 'wake'>;
  readonly #look: (guest: string, file: string) => void;
  readonly #paced = new Map<string, Map<string, () => void>>();

  constructor(clock: Pick<Clock, 'now' | 'wake'>, look: (guest: string, file: string) => void) {
    this.#clock = clock;
    this.#look = look;
  }

  /** This file of its cgroup changed; `kill`: the kernel's log told of one. */
  ask(guest: string, file: string): void {
    const ofGuest = this.#paced.get(guest) ?? new Map<string, () => void>();
    const ask = ofGuest.get(file) ?? this.#pacedLook(guest, file, ofGuest);
    this.#paced.set(guest, ofGuest.set(file, ask));
    ask();
  }

  forget(guest: string): void {
    this.#paced.delete(guest);
  }

  #pacedLook(guest: string, file: string, ofGuest: ReadonlyMap<string, () => void>): () => void {
    const isCounter = COUNTERS.includes(file.slice(file.lastIndexOf('.') + 1));
    const look = () => {
      if (this.#paced.get(guest) === ofGuest) this.#look(guest, file);
    };
    return paced(this.#clock, isCounter ? COUNTERS_REST_MS : OTHERS_REST_MS, () => {
      look();
      for (const ms of AFTERWARDS_MS[file] ?? []) this.#clock.wake(this.#clock.now() + ms, look);
    });
  }
}
