import type { Refusal } from '../../model/failure.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Store } from '../../ports/store.ts';
import type { Reporter } from '../reporter.ts';

export interface DeadLetterWorld {
  readonly store: Pick<Store, 'keepUndelivered'>;
  readonly clock: Clock;
  readonly report: Pick<Reporter, 'refusal'>;
}

const AGAIN_MS = 30_000;
/** While the disk takes none. */
export const MOST_HELD = 4096;

/** What nobody was told of, for people to read later: on the disk, and here for as long as that is full. */
export class DeadLetters {
  readonly #world: DeadLetterWorld;
  #held: readonly string[] = [];
  #refusal: Refusal | undefined;
  #waits = false;

  constructor(world: DeadLetterWorld) {
    this.#world = world;
  }

  /** There may be some: while the disk has room for them is the time to keep it. */
  expect(): void {
    this.keep([]);
  }

  keep(lines: readonly string[]): void {
    const { store, report } = this.#world;
    this.#held = [...this.#held, ...lines].slice(-MOST_HELD);
    const [refusal] = store.keepUndelivered(this.#held);
    if (refusal === undefined) this.#held = [];
    else if (this.#refusal === undefined) report.refusal(refusal);
    this.#refusal = refusal;
    if (refusal !== undefined) this.#tryLater();
  }

  /** The last try. */
  end(): void {
    if (this.#held.length > 0) this.keep([]);
  }

  /** Why they are not on the disk. */
  refusal(): Refusal | undefined {
    return this.#refusal;
  }

  #tryLater(): void {
    const { clock } = this.#world;
    if (this.#waits) return;
    this.#waits = true;
    clock.wake(clock.now() + AGAIN_MS, () => {
      this.#waits = false;
      this.keep([]);
    });
  }
}
