import type { GuestInstance } from '../../model/guest.ts';
import { processKey } from '../../model/process-key.ts';
import type { StartingGuest } from '../../model/start.ts';
import type { Life } from '../../ports/life.ts';

interface Heard {
  readonly start: string;
  /** It said so, whoever wanted to know then: it says that once. */
  isReady: boolean;
  isListening: boolean;
  isWanted: boolean;
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
    const heard = this.#of(guest, processKey(instance));
    heard.isWanted = true;
    if (!heard.isReady && !heard.isListening) void this.#listen(life, guest, instance, heard);
    return heard.isReady;
  }

  /** Of the others nobody wants to know now. */
  keepOnly(starts: readonly StartingGuest[]): void {
    const wanted = new Set(starts.map(({ guest }) => guest));
    for (const [guest, heard] of this.#heard) heard.isWanted = wanted.has(guest);
  }

  forget(guest: string): void {
    this.#heard.delete(guest);
  }

  #of(guest: string, start: string): Heard {
    const known = this.#heard.get(guest);
    if (known?.start === start) return known;
    const heard = { start, isReady: false, isListening: false, isWanted: true };
    this.#heard.set(guest, heard);
    return heard;
  }

  // Where it cannot be heard now, the next question is another try.
  async #listen(life: Life, guest: string, instance: GuestInstance, heard: Heard): Promise<void> {
    heard.isListening = true;
    let said = await life.hearReady(instance);
    while (!said.ok && said.failed.errno === 'ETIMEDOUT' && heard.isWanted) said = await life.hearReady(instance);
    heard.isListening = false;
    if (!said.ok) return;
    heard.isReady = true;
    if (heard.isWanted && this.#heard.get(guest) === heard) this.#onSaid(guest);
  }
}
