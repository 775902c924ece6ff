import type { Late, StartSettings } from '../model/lifecycle.ts';
import type { StartingGuest } from '../model/start.ts';

export interface ObservedStart {
  readonly runs: boolean;
  readonly isReady: boolean;
  /** It could not be started. */
  readonly isFailed: boolean;
  /** Its init was there before that. */
  readonly hasRun?: boolean;
  /** What runs of it ends before it is started. */
  readonly isEnding?: boolean;
}

export interface StartPlan {
  readonly starts: readonly StartingGuest[];
  /** To be started now. */
  readonly begin: readonly string[];
  readonly wakeAt?: number;
}

/** The next step of all starts together; at most `most` are on their way at a time. */
export function planStarts(
  before: readonly StartingGuest[],
  observed: (guest: string) => ObservedStart,
  most: number,
  now: number,
): StartPlan {
  const starts = new Map(before.map((start) => [start.guest, looked(start, observed(start.guest), now)]));
  for (const start of inOrder(starts)) if (isWaiting(start)) starts.set(start.guest, judged(start, starts, now));
  const all = [...starts.values()];
  const free = Math.max(0, most - all.filter(({ phase }) => phase === 'starting').length);
  const isTurn = (start: StartingGuest) =>
    start.phase === 'waiting' &&
    mayGo(start, starts) &&
    !observed(start.guest).isEnding &&
    now >= (start.notBefore ?? now);
  const turn = all.filter(isTurn).slice(0, free);
  for (const start of turn) starts.set(start.guest, begun(start, now));
  const deadlines = [...starts.values()].flatMap((start) => deadlineOf(start, now));
  return {
    starts: [...starts.values()],
    begin: turn.flatMap(({ guest }) => (observed(guest).runs ? [] : guest)),
    ...(deadlines.length > 0 && { wakeAt: Math.min(...deadlines) }),
  };
}

export function newStart(guest: string, settings: StartSettings, now: number): StartingGuest {
  return { guest, settings, phase: 'waiting', since: now };
}

/** Nothing more comes of it by itself but that one which is late may still be ready. */
export function areOver(starts: readonly StartingGuest[]): boolean {
  return starts.every(({ phase }) => phase !== 'waiting' && phase !== 'starting');
}

function deadlineOf({ phase, since, settings, notBefore = 0 }: StartingGuest, now: number): readonly number[] {
  if (phase === 'starting') return [since + settings.timeoutMs];
  return phase === 'waiting' && notBefore > now ? [notBefore] : [];
}

function isWaiting({ phase }: StartingGuest): boolean {
  return phase === 'waiting' || phase === 'held';
}

function begun({ of: _, notBefore: __, ...start }: StartingGuest, now: number): StartingGuest {
  return { ...start, phase: 'starting', since: now };
}

function looked(start: StartingGuest, { isReady, isFailed, hasRun }: ObservedStart, now: number): StartingGuest {
  if (start.phase !== 'starting' && start.phase !== 'late') return start;
  if (isReady) return { ...start, phase: 'ready', since: now };
  if (isFailed) return failed(start, hasRun === true, now);
  const isLate = start.phase === 'starting' && now >= start.since + start.settings.timeoutMs;
  return isLate ? { ...start, phase: 'late', since: now } : start;
}

/** What a disk or a network that is late makes impossible at first; after 5, 15 and 45 seconds. */
export const TRIES = 3;
const FIRST_PAUSE_MS = 5000;

/** Whether it could not be started, and will be tried once more. */
export function isTriedAgain(before: StartingGuest | undefined, { phase, notBefore, tries }: StartingGuest): boolean {
  const wasBegun = before?.phase === 'starting' || before?.phase === 'late';
  return wasBegun && phase === 'waiting' && notBefore !== undefined && tries !== undefined;
}

// What ran and ended is for restart.crash to say.
function failed({ tries = 0, ...start }: StartingGuest, hasRun: boolean, now: number): StartingGuest {
  if (tries === 0 || hasRun) return { ...start, phase: 'failed', since: now };
  const notBefore = now + FIRST_PAUSE_MS * 3 ** (TRIES - tries);
  return { ...start, tries: tries - 1, phase: 'waiting', since: now, notBefore };
}

type Starts = ReadonlyMap<string, StartingGuest>;

// Those first for which others wait. In a circle nobody is first; such a configuration is refused.
function inOrder(starts: Starts): readonly StartingGuest[] {
  const ordered = new Set<StartingGuest>();
  const seen = new Set<string>();
  const enter = (guest: string): void => {
    const start = starts.get(guest);
    if (start === undefined || seen.has(guest)) return;
    seen.add(guest);
    for (const other of start.settings.after) enter(other);
    ordered.add(start);
  };
  for (const guest of starts.keys()) enter(guest);
  return [...ordered];
}

// One that is not started here is nobody's to wait for: who asks for a guest asks for those that it waits for, too.
function judged(start: StartingGuest, starts: Starts, now: number): StartingGuest {
  const { by: _, ...free } = start;
  const blocking = start.settings.after.flatMap((guest) => {
    const other = starts.get(guest);
    const effect = other && effectOf(other);
    return effect === undefined || effect === 'continue' ? [] : [{ guest, effect, holder: holderOf(other) ?? guest }];
  });
  const failing = blocking.find(({ effect }) => effect === 'fail');
  if (failing !== undefined) return { ...free, phase: 'failed', since: now, by: failing.guest };
  const [holding] = blocking;
  if (holding === undefined) return { ...free, phase: 'waiting' };
  return { ...free, phase: 'held', by: holding.holder };
}

// Whoever is held itself waits for another one, and that one's late says how long.
function holderOf(other: StartingGuest | undefined): string | undefined {
  return other?.phase === 'held' ? other.by : undefined;
}

/** What a guest that is late or failed means for those that wait for it; undefined: nothing yet, or nothing bad. */
function effectOf({ phase, settings }: StartingGuest): Late | undefined {
  if (phase === 'held') return 'hold';
  return phase === 'late' || phase === 'failed' ? settings.late : undefined;
}

function mayGo({ settings }: StartingGuest, starts: Starts): boolean {
  return settings.after.every((guest) => {
    const other = starts.get(guest);
    return other === undefined || other.phase === 'ready' || effectOf(other) === 'continue';
  });
}
