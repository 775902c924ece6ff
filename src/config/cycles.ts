import type { Problem } from '../model/config.ts';
import type { Document } from './documents.ts';
import { type Wait, waits } from './names.ts';

/** Guests that wait for each other's start, so that none of them ever starts: one problem for each circle, at its last step. */
export function cycles(documents: readonly Document[]): readonly Problem[] {
  const byGuest = Map.groupBy(waits(documents), (wait) => wait.waits);
  const done = new Set<string>();
  const found: Problem[] = [];
  for (const guest of byGuest.keys()) walk(guest, byGuest, done, found);
  return found;
}

interface Step {
  readonly guest: string;
  /** Of those that it waits for. */
  readonly left: Iterator<Wait>;
}

// Depth first, without recursion: a chain may be as long as there are guests.
function walk(first: string, byGuest: ReadonlyMap<string, readonly Wait[]>, done: Set<string>, found: Problem[]): void {
  const path: Step[] = [];
  const enter = (guest: string) => {
    done.add(guest);
    path.push({ guest, left: (byGuest.get(guest) ?? []).values() });
  };
  if (!done.has(first)) enter(first);
  for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
    const { value: wait, done: isLast } = step.left.next();
    if (isLast || wait === undefined) {
      path.pop();
      continue;
    }
    const from = path.findIndex(({ guest }) => guest === wait.name);
    if (from >= 0) found.push(problem([...path.slice(from).map(({ guest }) => guest), wait.name], wait));
    else if (!done.has(wait.name)) enter(wait.name);
  }
}

function problem(circle: readonly string[], { place }: Wait): Problem {
  const [first = ''] = circle;
  const says =
    circle.length === 2
      ? `${first} waits for itself, and would never start; leave it out`
      : `${circle.join(' -> ')} wait for each other, and none would ever start; leave one of them out`;
  return { place, code: 'E_CONFIG_CONFLICT', says: `start.after: ${says}` };
}
