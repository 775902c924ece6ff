import type { InitKind } from '../model/halt.ts';
import type { InitFacts } from '../model/init-facts.ts';
import type { Phase, Sent, StopAction, StopState } from '../model/stop.ts';
import { forgetsStill, type HaltWays, isDeaf, keeps, type Sign, waysOf } from './halt-ways.ts';
import { initKind } from './init-kind.ts';
import { endOf } from './stop-deadlines.ts';

/** What a stop is decided on. */
export interface ObservedStop {
  /** The init that the stop began with, and no other. */
  readonly initRuns: boolean;
  /** Milliseconds from the start of its init, what the host slept included. */
  readonly ranMs: number;
  /** Absent: it could not be looked at. */
  readonly facts?: InitFacts;
  /** A process is in the guest's cgroup or below. */
  readonly isPopulated: boolean;
  /** When those in it were other ones than before, as far as somebody looked. */
  readonly movedAt?: number;
  /** It still has devices that it is to give back before its halt. */
  readonly hasDevices: boolean;
  /** Somebody has killed, and seen what was left. */
  readonly isKilled: boolean;
  readonly isFrozen: boolean;
  /** Absent: nobody counted. */
  readonly processes?: number;
  /** A program that this agent began has not ended. */
  readonly hookRuns: boolean;
  /** Init is being asked, or the program that asks it has not ended. */
  readonly isAsking: boolean;
  /** The kernel has kept for init what it was asked last, or the program that asked it has ended well. */
  readonly isTaken: boolean;
  /** The runtime has cleared away what it had made for the guest. */
  readonly isCleared: boolean;
  /** It has ended, and its runtime has said that it starts it again. */
  readonly comesAgain?: true;
}

/** What one phase says: that the next one begins, or what is to be done and when to look again. */
export interface Step {
  readonly next?: Phase;
  readonly state?: StopState;
  readonly actions?: readonly StopAction[];
  readonly wakeAt?: number;
}

type Decide = (state: StopState, observed: ObservedStop, now: number) => Step;

/** The total table of a stop. */
export const DECIDE: Readonly<Record<Phase, Decide>> = {
  quiesce,
  devices,
  arm,
  halt,
  drain,
  nag,
  terminate,
  evidence,
  kill,
  empty,
  release,
  stopped: () => ({}),
  wedged,
};

function quiesce(state: StopState, { hookRuns, initRuns }: ObservedStop, now: number): Step {
  const { hooks, hookAt, settings } = state;
  const running = settings.before[hooks - 1];
  const end = endOf('quiesce', state);
  const dueAt = Math.min(hookAt + (running?.timeoutMs ?? 0), end);
  if (hookRuns && now < dueAt) return { wakeAt: dueAt };
  if (hooks >= settings.before.length || now >= end || !initRuns) return { next: 'devices' };
  return {
    state: { ...state, hooks: hooks + 1, hookAt: now },
    actions: [{ verb: 'hook', index: hooks }],
    wakeAt: Math.min(now + (settings.before[hooks]?.timeoutMs ?? 0), end),
  };
}

// What others wait for is theirs before the guest is asked; what it does not give back ends with it.
function devices(state: StopState, { hasDevices }: ObservedStop, now: number): Step {
  const end = endOf('devices', state);
  return hasDevices && now < end ? { wakeAt: end } : { next: 'arm' };
}

const FIRST_LOOK_MS = 5;
const LAST_LOOK_MS = 250;

// What is sent before init listens is lost for ever.
function arm(state: StopState, observed: ObservedStop, now: number): Step {
  const end = endOf('arm', state);
  if (now >= end || listensNow(state, observed) || isDeafNow(state, observed)) return { next: 'halt' };
  return { wakeAt: Math.min(laterAndLater(state, now), end) };
}

function laterAndLater({ since }: StopState, now: number): number {
  return now + Math.min(Math.max((now - since) / 2, FIRST_LOOK_MS), LAST_LOOK_MS);
}

const RESEND_MS = 1000;

function halt(state: StopState, observed: ObservedStop, now: number): Step {
  const end = endOf('halt', state);
  if (isAcknowledged(state, observed)) return { next: 'drain', state: { ...state, isHeard: true } };
  if (now >= end) return { next: 'drain' };
  return ask(state, observed, now, { init: initNow(state, observed), end });
}

interface Asking {
  readonly init: InitKind | undefined;
  /** Of the phase. */
  readonly end: number;
}

// Later and later.
function ask(state: StopState, observed: ObservedStop, now: number, { init, end }: Asking): Step {
  const { halts } = state;
  const dueAt = halts.count === 0 ? now : halts.at + RESEND_MS * 2 ** (halts.count - 1);
  const isDeafInit = isDeafNow(state, observed);
  const isNag = isDeafInit && init !== undefined && waysOf(init, state.settings.halt).nag?.kind === 'command';
  const isLost = isDeafInit && !isNag;
  const isVain = (isLost && halts.count > 0) || isComing(state, observed, now);
  if (now < dueAt || init === undefined || !observed.initRuns || observed.isAsking || isVain)
    return { wakeAt: Math.min(Math.max(dueAt, now + LAST_LOOK_MS), end) };
  const isKept = keepsNow(state, observed);
  const asked = sent(halts, isLost ? uncounted(observed) : observed, now);
  return {
    state: { ...state, init, halts: { ...asked, ...(isKept && { isKept }) } },
    actions: [{ verb: 'halt', init, isNag }],
    wakeAt: Math.min(isKept ? now : now + RESEND_MS * 2 ** halts.count, end),
  };
}

// Another init that its own program has become, such as one behind a script.
function isComing(state: StopState, observed: ObservedStop, now: number): boolean {
  if (state.init === undefined || initNow(state, observed) === state.init || now >= endOf('arm', state)) return false;
  return !listensNow(state, observed) && !isDeafNow(state, observed);
}

// Who did not hear it ends some process for another reason.
function uncounted({ processes: _, ...observed }: ObservedStop): ObservedStop {
  return observed;
}

function keepsNow(state: StopState, { facts, ranMs }: ObservedStop): boolean {
  const ways = facts && waysNow(state, facts);
  return facts && ways ? keeps(ways, facts, ranMs) : false;
}

function listensNow(state: StopState, { facts }: ObservedStop): boolean {
  return facts !== undefined && waysNow(state, facts)?.armed(facts) === true;
}

function isDeafNow(state: StopState, { facts, ranMs }: ObservedStop): boolean {
  const ways = facts && waysNow(state, facts);
  return facts && ways ? isDeaf(ways, facts, ranMs) : false;
}

/** Without a process that ends or begins. */
const REST_MS = 15_000;

// Who saves what it has may do so for minutes in one process, and takes a second signal for a wish to end at once; a command does no harm.
function drain(state: StopState, observed: ObservedStop, now: number): Step {
  const { init, halts, settings, since } = state;
  const ways = init && waysOf(init, settings.halt);
  const end = endOf(ways?.nag === undefined ? 'nag' : 'drain', state);
  const rests = ways?.nag?.kind === 'command' && now - Math.max(observed.movedAt ?? now, since) >= REST_MS;
  if (now >= end || rests) return { next: 'nag' };
  if (!init || !ways || halts.count === 0 || !forgetsStill(ways, observed.ranMs - (now - halts.at)))
    return { wakeAt: end };
  return ask(state, observed, now, { init, end });
}

function nag(state: StopState, observed: ObservedStop, now: number): Step {
  const init = initNow(state, observed);
  const canNag = init !== undefined && waysOf(init, state.settings.halt).nag !== undefined;
  const action = canNag ? ({ verb: 'halt', init, isNag: true } as const) : undefined;
  return once(state, observed, now, { of: 'nags', action, next: 'terminate' });
}

function terminate(state: StopState, observed: ObservedStop, now: number): Step {
  return once(state, observed, now, { of: 'terms', action: { verb: 'terminate' }, next: 'evidence' });
}

// Who is killed is looked at first, however late it is: what each waits for shows while it moves, who they all are when they stand still.
function evidence(state: StopState, observed: ObservedStop, now: number): Step {
  if (!observed.initRuns) return left(state, observed, now);
  const { killAt } = state;
  const looks = sent(state.looks, observed, now);
  if (looks.count === 1)
    return {
      state: { ...state, looks },
      actions: [{ verb: 'evidence', of: 'moving' }],
      wakeAt: Math.max(now, killAt),
    };
  if (now < killAt) return { wakeAt: killAt };
  if (looks.count > STILL) return { next: 'kill' };
  return {
    state: { ...state, looks: { ...looks, count: STILL } },
    actions: [{ verb: 'freeze' }, { verb: 'evidence', of: 'still' }],
    wakeAt: now,
  };
}

/** After so many looks the guest stands still. */
export const STILL = 2;
/** What the kernel and the runtime end together with init has ended by then. */
const LEFT_MS = 1000;

// Nobody asks those to end who were in the guest's cgroup and not under its init.
function left(state: StopState, observed: ObservedStop, now: number): Step {
  const dueAt = (state.endedAt ?? now) + LEFT_MS;
  if (now < dueAt) return { wakeAt: dueAt };
  if (state.isLeft) return { next: 'kill' };
  return {
    state: { ...state, isLeft: true, looks: sent(state.looks, observed, now) },
    actions: [{ verb: 'evidence', of: 'left' }],
    wakeAt: now,
  };
}

const LAST_KILL_MS = 8000;

function kill(state: StopState, observed: ObservedStop, now: number): Step {
  const { kills } = state;
  const end = endOf('kill', state);
  // Nobody knows of one that nobody was there to kill whether the kernel lets it end.
  if (now >= end && kills.count > 0 && observed.isKilled) return { next: 'wedged' };
  const pause = Math.min(RESEND_MS * 2 ** (kills.count - 1), LAST_KILL_MS);
  const dueAt = kills.count === 0 ? now : kills.at + pause;
  const latest = now < end ? end : Number.POSITIVE_INFINITY;
  if (now < dueAt) return { wakeAt: Math.min(dueAt, latest) };
  return {
    state: { ...state, kills: sent(kills, observed, now) },
    actions: [{ verb: 'kill' }],
    wakeAt: Math.min(now + Math.min(RESEND_MS * 2 ** kills.count, LAST_KILL_MS), latest),
  };
}

// Who is left after a kill is who cannot be killed.
function wedged(state: StopState, observed: ObservedStop, now: number): Step {
  if (state.looks.count > STILL) return {};
  const looks = { ...sent(state.looks, observed, now), count: STILL + 1 };
  return { state: { ...state, looks }, actions: [{ verb: 'evidence', of: 'stuck' }] };
}

function empty(state: StopState, { isCleared, comesAgain }: ObservedStop, now: number): Step {
  const { killAt, comesBy = killAt } = state;
  const end = Math.max(endOf('empty', state), comesAgain ? Math.max(killAt, comesBy) : 0);
  return isCleared || now >= end ? { next: 'release' } : { wakeAt: Math.min(laterAndLater(state, now), end) };
}

function release(state: StopState): Step {
  return { state: { ...state, phase: 'stopped' }, actions: [{ verb: 'release' }] };
}

interface Once {
  readonly of: 'nags' | 'terms';
  readonly action: StopAction | undefined;
  readonly next: Phase;
}

// Also when its time was over before somebody came to look: nobody is killed whom it might have spared that.
function once(state: StopState, observed: ObservedStop, now: number, { of, action, next }: Once): Step {
  const end = endOf(state.phase, state);
  const isDue = state[of].count === 0 && observed.initRuns && now < state.killAt;
  if (action === undefined || !isDue) return now >= end ? { next } : { wakeAt: end };
  return { state: { ...state, [of]: sent(state[of], observed, now) }, actions: [action], wakeAt: Math.max(now, end) };
}

function sent(before: Sent, { processes }: ObservedStop, now: number): Sent {
  return { count: before.count + 1, at: now, ...(processes !== undefined && { processes }) };
}

function initNow(state: StopState, { facts }: ObservedStop) {
  return (facts && initKind(facts)) ?? state.init;
}

function waysNow({ settings }: StopState, facts: InitFacts): HaltWays | undefined {
  const init = initKind(facts);
  return init && waysOf(init, settings.halt);
}

function isAcknowledged(state: StopState, observed: ObservedStop): boolean {
  const { halts, init, settings } = state;
  if (halts.count === 0 || init === undefined) return false;
  const ways = waysOf(init, settings.halt);
  if (halts.isKept && observed.isTaken) return true;
  return ways.acknowledged.some((sign) => SIGNS[sign](halts, observed, ways));
}

const SIGNS: Readonly<Record<Sign, (halts: Sent, observed: ObservedStop, ways: HaltWays) => boolean>> = {
  fewer: (halts, { processes }) => (processes ?? Infinity) < (halts.processes ?? 0),
  deaf: (_, { facts }, { armed }) => facts !== undefined && !armed(facts),
  taken: (_, { isTaken }) => isTaken,
};
