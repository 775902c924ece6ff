import type { StopSettings } from '../model/lifecycle.ts';
import type { Phase, StopState } from '../model/stop.ts';

/** How long it may take to take its devices from a guest, and how much of the time that is left until the kill. */
const DEVICES_MS = 2000;
const DEVICES_SHARE = 0.1;
/** How long the kernel may take to end what was killed. */
const KILL_MS = 10_000;
/** How long a runtime may take to clear away what it made for a guest. */
const EMPTY_MS = 10_000;

/** How long a guest that halts is work for its host: an init ends what it has in seconds, and who takes longer mostly waits for something. */
const PLACE_MS = 10_000;

/** The latest end of each phase: a share of the time that is left until the kill when all programs before had theirs. */
const SHARES = { arm: 0.25, halt: 0.4, drain: 0.7, nag: 0.85, terminate: 0.95, evidence: 1 } as const;

/** When a phase is over whatever the guest does. */
export function endOf(phase: Phase, state: StopState): number {
  switch (phase) {
    case 'quiesce':
      return haltFrom(state);
    case 'devices':
      return state.since + Math.min(DEVICES_MS, Math.floor(Math.max(0, state.killAt - state.since) * DEVICES_SHARE));
    case 'kill':
      return state.since + KILL_MS;
    case 'empty':
      return state.since + EMPTY_MS;
    case 'release':
    case 'stopped':
    case 'wedged':
      return state.since;
    default:
      return Math.floor(haltFrom(state) + SHARES[phase] * (state.killAt - haltFrom(state)));
  }
}

/** Until when a guest that is being stopped keeps others waiting that have nothing to do with it. */
export function placeUntil(state: StopState): number {
  return (state.beforeUntil ?? haltFrom(state)) + PLACE_MS;
}

/** The same of one whose stop has not begun, from its beginning. */
export function placeMs({ timeoutMs, before }: StopSettings): number {
  return beforeMs(before, timeoutMs) + PLACE_MS;
}

// Who is ended by the host before its own time is over is to be asked before that.
function haltFrom({ askedAt, killAt, hostEndsAt = killAt, settings, from }: StopState): number {
  const wholeMs = Math.min(killAt, hostEndsAt) - askedAt;
  return Math.min(from ?? askedAt + beforeMs(settings.before, wholeMs), killAt);
}

// Whatever runs before: half of the time is for the halt itself.
function beforeMs(before: StopSettings['before'], totalMs: number): number {
  const hooksMs = before.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0);
  return Math.min(hooksMs, Math.max(0, totalMs) / 2);
}
