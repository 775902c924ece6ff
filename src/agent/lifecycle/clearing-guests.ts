import type { StartingGuest } from '../../model/start.ts';
import type { World } from '../world.ts';
import { isHeldOff } from './starting-guest.ts';

/** Nobody is told of what takes no longer. */
const MOMENT_MS = 2000;
/** A hook may hang, and a monitor of LXC waits for ever for an init that was killed while it was set up. */
const LONG_MS = 30_000;
const LOOK_MS = 100;
const CLEARS = 'which still clears away after the start before';

interface Clearing {
  /** Milliseconds since the host started. */
  readonly since: number;
  isTold: boolean;
}

/** Guests that are to be started, and whose runtime still clears away after the start before: what is begun meanwhile is lost, or cleared away with that. */
export class ClearingGuests {
  readonly #world: () => World;
  readonly #clearing = new Map<string, Clearing>();

  constructor(world: () => World) {
    this.#world = world;
  }

  has(guest: string): boolean {
    return this.#clearing.has(guest);
  }

  /** Answers when to look again. */
  look(starts: readonly StartingGuest[], now: number): readonly number[] {
    const clearing = starts.filter((start) => isHeldOff(start.phase) && !this.#isCleared(start.guest));
    const names = new Set(clearing.map(({ guest }) => guest));
    for (const guest of this.#clearing.keys()) if (!names.has(guest)) this.#clearing.delete(guest);
    for (const guest of names) this.#tell(guest, now);
    return names.size === 0 ? [] : [now + LOOK_MS];
  }

  /** Why it is not waited for any longer; undefined: it is, or nothing is waited for. */
  hindrance({ guest, settings }: StartingGuest, now: number): string | undefined {
    const { since } = this.#clearing.get(guest) ?? {};
    if (since === undefined || now < since + Math.max(LONG_MS, settings.timeoutMs)) return undefined;
    return `${this.#who(guest)}, ${CLEARS}, does not end; a hook of the guest may still run`;
  }

  #isCleared(guest: string): boolean {
    const { records, lives } = this.#world();
    return records.get(guest)?.guest.instance !== undefined || lives.isGone(guest);
  }

  #tell(guest: string, now: number): void {
    const clearing = this.#clearing.get(guest) ?? { since: now, isTold: false };
    this.#clearing.set(guest, clearing);
    if (clearing.isTold || now < clearing.since + MOMENT_MS) return;
    clearing.isTold = true;
    const says = `${guest}: waits until ${this.#who(guest)} has ended, ${CLEARS}`;
    this.#world().report.fact({ kind: 'start', guest, action: 'waiting', says });
  }

  #who(guest: string): string {
    const keeper = this.#world().lives.keeperOf(guest);
    const [pid = ''] = keeper?.split(' ') ?? [];
    return keeper === undefined ? 'its runtime' : `process ${pid}`;
  }
}
