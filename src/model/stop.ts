import type { GuestInstance } from './guest.ts';
import type { InitKind } from './halt.ts';
import type { StopSettings } from './lifecycle.ts';

/** In this order, and never back. `wedged`: killed, and the kernel does not let it end. */
export const PHASES = [
  'quiesce',
  'devices',
  'arm',
  'halt',
  'drain',
  'nag',
  'terminate',
  'evidence',
  'kill',
  'wedged',
  'empty',
  'release',
  'stopped',
] as const;
export type Phase = (typeof PHASES)[number];

/** A stop under way, as another agent can take it up. All times are milliseconds since the host started. */
export interface StopState {
  /** The start that is to end. */
  readonly of: GuestInstance;
  /** Device and inode of its cgroup: one of the same name that comes later is another one. */
  readonly cgroupId: string;
  readonly bootId: string;
  readonly askedAt: number;
  /** Nothing is killed before. */
  readonly killAt: number;
  /** What that was before the host was about to go down, which leaves it less; absent: it has its own time. */
  readonly ownKillAt?: number;
  /** When the host ends it, whatever time it has; absent: not before that is over. */
  readonly hostEndsAt?: number;
  readonly settings: StopSettings;
  /** Who sees to this start, and to the next one where the guest reboots; absent: nobody knows. */
  readonly keeper?: string;
  /** How often it came up again instead of halting. */
  readonly reboots?: number;
  /** When it had come up again, or an agent took it up too late, and is halted anew; absent: neither. */
  readonly from?: number;
  readonly phase: Phase;
  /** When that phase began. */
  readonly since: number;
  /** As it was when it was asked to halt; absent: nobody knows yet. */
  readonly init?: InitKind;
  /** Programs of `settings.before` that were begun, and when the last one was. */
  readonly hooks: number;
  readonly hookAt: number;
  /** When they were over; absent: they are not. */
  readonly beforeUntil?: number;
  /** One of them failed, or was not waited for. */
  readonly isUnprepared?: true;
  readonly halts: Sent;
  /** Something told that it was heard. */
  readonly isHeard?: true;
  readonly nags: Sent;
  readonly terms: Sent;
  readonly looks: Sent;
  readonly kills: Sent;
  /** Looks at who still runs in it; absent: nobody has looked. */
  readonly watches?: Sent;
  /** When its init was found to have ended, which may not be the end of all of it. */
  readonly endedAt?: number;
  /** Until when it may come again, where somebody has said another time for the kill since it ended. */
  readonly comesBy?: number;
  /** It was wedged: nobody waits for its end any more. */
  readonly wasWedged?: true;
  /** Others were in its cgroup when its init had ended by itself. */
  readonly isLeft?: true;
  /** Who ran in it when somebody looked last. */
  readonly blockers?: readonly Blocker[];
  /** How many those were, of whom not all are named. */
  readonly blockerCount?: number;
}

/** A guest that is stopped when it is its turn. */
export interface WaitingStop {
  readonly guest: string;
  /** The start of it that is meant, and no later one but by its own reboot; as `processKey` has it. */
  readonly of: string;
  /** Who sees to it, also when it reboots: number and start time. Absent: nobody knows. */
  readonly keeper?: string;
  /** In milliseconds; absent: what the guest's file says. */
  readonly timeoutMs?: number;
  readonly kill: boolean;
  /** The host goes down: unless programs are run before, it does not wait until others have ended with whom it has nothing to do. */
  readonly isUrgent?: true;
  /** Nobody has asked for it but the host, which may take that back. */
  readonly isForHost?: true;
}

/** Those that wait for their turn, as another agent can take them up. */
export interface WaitingStops {
  readonly bootId: string;
  readonly stops: readonly WaitingStop[];
  /** When the host ends them all, in milliseconds since it started; absent: never, or it does not go down. */
  readonly endsAt?: number;
}

/** How often something was sent, the last time, and how many processes the guest had then. */
export interface Sent {
  readonly count: number;
  readonly at: number;
  readonly processes?: number;
  /** It listened then, and does not forget. */
  readonly isKept?: true;
}

/** A process that a stop waits for. It chose its name itself. */
export interface Blocker {
  readonly pid: number;
  /** With the number it is this process, and no later one. */
  readonly startTime: string;
  readonly command: string;
  /** As in proc(5): D cannot be killed now. */
  readonly state: string;
  /** Where it waits in the kernel, as far as that says. */
  readonly waitsIn: string;
  /** The mount that it waits for while it is in D, such as `nfs4 files:/home /home`; absent: nobody knows. */
  readonly mount?: string;
  /** The number of the system call that it is in; `-` or another word: none. */
  readonly call: string;
  /** Its cgroup below that of the guest: `/` in it. */
  readonly cgroup: string;
}

/** Who runs in a guest: as many as were named, of all that there are. */
export interface Occupants {
  readonly named: readonly Blocker[];
  readonly count: number;
}

/** When it is looked at: before it stands still, then, when its init has ended, and after a kill. */
export type Moment = 'moving' | 'still' | 'left' | 'stuck';

/** What a stop does. */
export type StopAction =
  /** A program of `settings.before`, by its place there. */
  | { readonly verb: 'hook'; readonly index: number }
  | { readonly verb: 'thaw' }
  /** Looks at what it waits for. */
  | { readonly verb: 'watch' }
  | { readonly verb: 'halt'; readonly init: InitKind; readonly isNag: boolean }
  | { readonly verb: 'terminate' }
  /** It stands still from now until it is killed. */
  | { readonly verb: 'freeze' }
  | { readonly verb: 'evidence'; readonly of: Moment }
  | { readonly verb: 'kill' }
  /** Nothing of it is left: what was kept for it goes. */
  | { readonly verb: 'release' };
