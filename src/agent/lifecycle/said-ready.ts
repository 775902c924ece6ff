import type { GuestInstance } from '../../model/guest.ts';
import { processKey } from '../../model/process-key.ts';
import type { StartingGuest } from '../../model/start.ts';
import type { Life } from '../../ports/life.ts';

interface Heard {
  readonly start: string;
  isReady: boolean;
}

/** Guests that say themselves that they are ready. Each is listened to from the first question on, until it has said so or ends, or its start is over. */
export class SaidReady {
  readonly #onSaid: (guest: string) => void;
  readonly #heard = new Map<string, Heard>();

  constructor(onSaid: (guest: string) => void) {
    this.#onSaid = onSaid;
  }

  /** Whether that start of it has. */
  isSaid(life: Life, guest: string, instance: GuestInstance): boolean {
    const known = this.#heard.get(guest);
    if (known?.start === processKey(instance)) return known.isReady;
    const heard = { start: processKey(instance), isReady: false };
    this.#heard.set(guest, heard);
    void this.#hear(life, guest, instance, heard);
    return false;
  }

  /** Of the others nobody wants to know. */
  keepOnly(starts: readonly StartingGuest[]): void {
    const kept = new Set(starts.flatMap(({ guest, phase }) => (phase === 'starting' || phase === 'late' ? guest : [])));
    for (const guest of this.#heard.keys()) if (!kept.has(guest)) this.#heard.delete(guest);
  }

  // Where it cannot be heard now, the next question is another try.
  async #hear(life: Life, guest: string, instance: GuestInstance, heard: Heard): Promise<void> {
    const said = await life.hearReady(instance);
    if (this.#heard.get(guest) !== heard) return;
    if (!said.ok && said.failed.errno === 'ETIMEDOUT') return this.#hear(life, guest, instance, heard);
    if (!said.ok) return void this.#heard.delete(guest);
    heard.isReady = true;
    this.#onSaid(guest);
  }
}
