import type { GuestBelongings } from '../model/belongings.ts';
import type { GuestHistory } from '../model/guest-history.ts';
import { INIT_KINDS } from '../model/halt.ts';
import type { StartingGuest } from '../model/start.ts';
import { PHASES, type StopState } from '../model/stop.ts';
import { isRecord } from './stored.ts';

const WAYS = ['signal', 'initctl', 'command'];
const READY = ['armed', 'notify', 'tcp', 'socket', 'file', 'command', 'delay'];
const LATE = ['hold', 'continue', 'fail'];
const ENDS = ['stopped', 'rebooted', 'by-itself', 'unseen', 'host'];
const EVIDENCE = ['killed', 'left', 'wedged'];
const KINDS = ['net', 'link', 'cgroup', 'loop', 'root'];

/**
 * A stop that an agent of another version may have begun: it keeps its deadline, and nothing that was sent is sent again. Where it
 * names a phase, an init or a way to halt that is not known here, it goes on as if nobody had said so.
 */
export function knownStop({ init, settings, phase, ...stop }: StopState): StopState {
  const { halt, ...others } = settings;
  const knowsHalt = halt && (halt.kind === 'init' ? isOneOf(INIT_KINDS, halt.init) : isOneOf(WAYS, halt.kind));
  return {
    ...stop,
    ...(isOneOf(INIT_KINDS, init) && init && { init }),
    settings: { ...others, ...(knowsHalt && { halt }) },
    phase: isOneOf(PHASES, phase) ? phase : phaseOf(stop),
  };
}

// As late as what was done says, and no later.
function phaseOf({ kills, halts }: Pick<StopState, 'kills' | 'halts'>): StopState['phase'] {
  if (kills.count > 0) return 'kill';
  return halts.count > 0 ? 'drain' : 'arm';
}

/** A start: it is ready as most are, and holds those after it, where it says something that is not known here. */
export function knownStart({ settings, ...start }: StartingGuest): StartingGuest {
  const ready = isOneOf(READY, settings.ready.kind) ? settings.ready : ({ kind: 'armed' } as const);
  return { ...start, settings: { ...settings, ready, late: isOneOf(LATE, settings.late) ? settings.late : 'hold' } };
}

/** A history: what happened for a reason that is not known here is left out, but not that a guest is in quarantine. */
export function knownHistory({ quarantinedFor, end, evidence, ...history }: GuestHistory): GuestHistory {
  return {
    ...history,
    ...(isReason(quarantinedFor) && quarantinedFor && { quarantinedFor }),
    ...(end && isOneOf(ENDS, end.why) && { end }),
    ...(evidence && isOneOf(EVIDENCE, evidence.why) && { evidence }),
  };
}

function isReason(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return Number.isFinite(value.hostDeaths) || (Number.isFinite(value.reboots) && Number.isFinite(value.withinMs));
}

/** What starts have: nobody asks for a kind of thing that is not known here. */
export function knownBelongings({ starts, ...belongings }: GuestBelongings): GuestBelongings {
  const known = starts.map((start) => ({ ...start, has: start.has.filter(({ kind }) => isOneOf(KINDS, kind)) }));
  return { ...belongings, starts: known };
}

function isOneOf(known: readonly unknown[], value: unknown): boolean {
  return known.includes(value);
}
