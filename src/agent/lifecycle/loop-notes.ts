import type { Clock } from '../../ports/clock.ts';
import { paced } from '../paced.ts';

/** A host that builds images attaches thousands in a day. */
const REST_MS = 5000;

/** To be called when a loop device has changed: notes what each guest has, one after another, and again what changed meanwhile. */
export function loopNotes(
  clock: Pick<Clock, 'now' | 'wake'>,
  guests: () => readonly string[],
  note: (guest: string) => Promise<void>,
): () => void {
  let runs = false;
  let isDue = false;
  const look = paced(clock, REST_MS, () => void run());
  const run = async () => {
    isDue = runs;
    if (runs) return;
    runs = true;
    for (const guest of guests()) await note(guest);
    runs = false;
    if (isDue) look();
  };
  return look;
}
