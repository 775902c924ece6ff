import type { Setting, Verdict } from './item.ts';
import { decide, guestKey, none, taken } from './verdict.ts';

/** A guest that its system starts with the host, and when: the smaller the earlier. */
export interface Turn {
  readonly guest: string;
  readonly at: number;
}

/** Where a guest is among those that are started with the host. */
export interface Place {
  /** The next before it. */
  readonly before: readonly string[];
  readonly isAwaited: boolean;
}

/** Undefined: it is not started with the host. */
export function placeOf(guest: string, turns: readonly Turn[]): Place | undefined {
  const own = turns.find((turn) => turn.guest === guest);
  return own && { before: nextBefore(own.at, turns), isAwaited: turns.some(({ at }) => at > own.at) };
}

function nextBefore(turn: number, turns: readonly Turn[]): readonly string[] {
  const next = Math.max(...turns.flatMap(({ at }) => (at < turn ? [at] : [])));
  return turns.flatMap(({ guest, at }) => (at === next ? [guest] : []));
}

// Their systems started all the same what came after a guest that hung.
function settingsOf({ before, isAwaited }: Place): readonly Setting[] {
  return [
    ...(before.length > 0 ? [guestKey('start.after', before)] : []),
    ...(isAwaited ? [guestKey('start.late', 'continue')] : []),
  ];
}

const BEFORE =
  'those with the turn before it are ready, or late, when it is started; leave out those that it does not need: a start of it by hand starts them, too';
const FIRST = 'the first of those that are imported; where it is late the others go on';
const SAME = 'all that are imported and start with the host have the same turn';

/** Of a line that says the order. */
export function orderVerdict(place: Place): Verdict {
  if (place.before.length > 0) return taken(BEFORE, ...settingsOf(place));
  return taken(place.isAwaited ? FIRST : SAME, ...settingsOf(place));
}

/** What a list of guests can have. */
const MOST_NAMED = 256;

/** Of the line that says that it starts with the host, where none says the order: its turn all the same is before or after others. */
export function withOrder(verdict: Verdict, place: Place): Verdict {
  const [many, said] = [place.before.length > MOST_NAMED, settingsOf(place)];
  if (said.length === 0) return verdict;
  const how = many ? `${place.before.length} guests, too many for start.after, were started before it` : BEFORE;
  return {
    ...verdict,
    how: place.before.length > 0 ? `${verdict.how}; ${how}` : verdict.how,
    settings: [...verdict.settings, ...(many ? settingsOf({ ...place, before: [] }) : said)],
  };
}

/** Of a guest of which it is not certain that it starts with the host. */
export function possibleOrder(at: number, turns: readonly Turn[]): Verdict {
  const before = nextBefore(at, turns);
  if (before.length === 0) return taken('none of those that are imported is started before it');
  return decide(`where it is to start with the host and needs them, write start.after: [${before.join(', ')}]`);
}

export const NOT_WITH_HOST = none('the order of those that start with the host, which it does not');
export const ALONE = decide(
  'of one guest alone it does not say who is before it: import all at once, or write start.after with the guests that it needs',
);
