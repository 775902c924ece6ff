import type { Belonging, LeftBelonging, StartBelongings } from '../model/belongings.ts';

/** The kernel ends a network namespace some milliseconds after the last process in it, on a busy host later. */
export const ENDS_MS = 1500;
const FIRST_LOOK_MS = 20;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 10 * 60_000;

/** What was seen of a start that is over. Milliseconds, as `now`. */
export interface SeenLeavings {
  readonly left: readonly LeftBelonging[];
  /** When its end was seen. */
  readonly since: number;
  /** Its runtime has cleared away what it makes, or has begun another start. */
  readonly isCleared: boolean;
}

export interface LeavingsPlan {
  readonly takes: readonly Belonging[];
  /** What is there now stays, unless something is taken away. */
  readonly isSettled: boolean;
  /** Absent: nothing is left. */
  readonly wakeAt?: number;
}

/** What is taken away of what a start has left: nothing that goes by itself, and nothing that its runtime still uses. */
export function planLeavings({ left, since, isCleared }: SeenLeavings, now: number): LeavingsPlan {
  if (left.length === 0) return { takes: [], isSettled: true };
  const ageMs = now - since;
  const isSettled = isCleared && ageMs >= ENDS_MS;
  const keepers = left.flatMap(({ kind, pinners }) => (kind === 'net' ? pinners : []));
  // Where nobody keeps its network an interface goes with it, or was moved into another one. Who has it open may still clear away.
  const isPinned = keepers.some(({ how }) => how === 'in' || isSettled);
  const isTaken = ({ kind }: Belonging) => kind === 'cgroup' || kind === 'loop' || (kind === 'link' && isPinned);
  const wakeAt = isSettled ? now + clamp(ageMs, FIRST_PAUSE_MS, LONGEST_PAUSE_MS) : laterAt(since, now);
  return { takes: isCleared ? left.filter(isTaken) : [], isSettled, wakeAt };
}

/** When to look again at what goes by itself, soon after `since`, then later and later. */
export function laterAt(since: number, now: number): number {
  return now + clamp((now - since) / 4, FIRST_LOOK_MS, LONGEST_PAUSE_MS);
}

function clamp(ms: number, least: number, most: number): number {
  return Math.min(Math.max(ms, least), most);
}

/** With what a start was seen to have at another time; the oldest starts go when there are many, and loop devices of former looks. */
export function withBelongings(
  starts: readonly StartBelongings[],
  { of, has }: StartBelongings,
): readonly StartBelongings[] {
  const isSame = (one: StartBelongings) => one.of.pid === of.pid && one.of.startTime === of.startTime;
  const before = starts.find(isSame);
  const had = before?.has ?? [];
  const fresh = has.filter(({ id }) => !had.some((one) => one.id === id));
  return [
    ...starts.filter((one) => !isSame(one)),
    { ...before, of, has: withoutFormer([...had, ...fresh], has) },
  ].slice(-STARTS_MAX);
}

const STARTS_MAX = 8;
/** Of one start. Whatever attaches one makes another one: a host that builds images has thousands in a day. */
const LOOPS_MAX = 32;

function withoutFormer(all: readonly Belonging[], now: readonly Belonging[]): readonly Belonging[] {
  const isNow = ({ id }: Belonging) => now.some((one) => one.id === id);
  const loops = all.filter(({ kind }) => kind === 'loop');
  const kept = [...loops.filter((one) => !isNow(one)), ...loops.filter(isNow)].slice(-LOOPS_MAX);
  return all.filter((one) => one.kind !== 'loop' || kept.includes(one));
}

/** What a start had that no later one has. */
export function ownOf(start: StartBelongings, starts: readonly StartBelongings[]): readonly Belonging[] {
  const others = starts.filter((one) => one !== start).flatMap(({ has }) => has.map(({ id }) => id));
  return start.has.filter(({ id }) => !others.includes(id));
}
