import type { HaltChoice, HaltWay, InitKind } from '../model/halt.ts';
import type { InitFacts } from '../model/init-facts.ts';
import { hasSignal, SIGCONT, SIGINT, SIGPWR, SIGTERM, SIGUSR2, SYSTEMD_HALT, SYSTEMD_REBOOT } from './signals.ts';

/** How one kind of init is asked to halt. */
export interface HaltWays {
  readonly halt: HaltWay;
  /** Another way, when the first one was of no use; absent: there is none that does no harm. */
  readonly nag?: HaltWay;
  /** Whether it would hear the first one now. */
  readonly armed: (facts: InitFacts) => boolean;
  /** One that does not listen so long after its start is taken for one that never will; absent: none is. */
  readonly armsWithinMs?: number;
  /** What tells that it was heard, besides the end of init. */
  readonly acknowledged: readonly Sign[];
  /** It may forget what it was sent while it listened, and a second one does it no harm. To many programs a second one means to end at once. */
  readonly forgets: boolean;
  /** It does so while it boots, also when others of its processes end, which that does as well. */
  readonly forgetsInBoot?: true;
  /** What it takes for something else, such as a reboot: never sent to it. */
  readonly dangerous: readonly number[];
}

/** `fewer`: it has fewer processes than when it was asked. `deaf`: it does not wait for that signal any more. `taken`: the kernel keeps it for init. */
export type Sign = 'fewer' | 'deaf' | 'taken';

export const HALT_WAYS: Readonly<Record<InitKind, HaltWays>> = {
  systemd: {
    halt: signal(SYSTEMD_HALT),
    nag: command('systemctl', 'poweroff', '--no-wall'),
    armed: takes(SYSTEMD_HALT),
    acknowledged: ['fewer'],
    forgets: true,
    dangerous: [SIGTERM, SIGINT, SYSTEMD_REBOOT],
  },
  sysvinit: {
    halt: { kind: 'initctl', level: 0 },
    nag: command('init', '0'),
    armed: ({ hasInitctl }) => hasInitctl,
    armsWithinMs: 5000,
    acknowledged: ['taken'],
    forgets: false,
    dangerous: [SIGINT],
  },
  busybox: {
    halt: signal(SIGUSR2),
    nag: signal(SIGPWR),
    armed: takes(SIGUSR2),
    acknowledged: ['deaf', 'fewer'],
    forgets: false,
    dangerous: [SIGTERM, SIGINT],
  },
  openrc: {
    halt: signal(SIGPWR),
    nag: signal(SIGTERM),
    armed: takes(SIGPWR),
    acknowledged: ['fewer'],
    forgets: false,
    dangerous: [SIGINT],
  },
  runit: {
    halt: { kind: 'runit' },
    nag: signal(SIGPWR),
    armed: takes(SIGCONT),
    acknowledged: ['fewer'],
    forgets: true,
    forgetsInBoot: true,
    dangerous: [SIGINT],
  },
  s6: {
    halt: signal(SIGTERM),
    armed: takes(SIGTERM),
    acknowledged: ['fewer', 'deaf'],
    forgets: false,
    dangerous: [],
  },
  finit: {
    halt: signal(SIGUSR2),
    nag: command('initctl', 'poweroff'),
    armed: takes(SIGUSR2),
    acknowledged: ['fewer'],
    forgets: true,
    forgetsInBoot: true,
    dangerous: [SIGTERM],
  },
  plain: {
    halt: signal(SIGTERM),
    armed: takes(SIGTERM),
    armsWithinMs: 2000,
    acknowledged: ['fewer'],
    forgets: false,
    dangerous: [],
  },
};

/** The same where the guest's file says how it is halted. */
export function waysOf(init: InitKind, choice: HaltChoice | undefined): HaltWays {
  if (choice === undefined) return HALT_WAYS[init];
  if (choice.kind === 'init') return HALT_WAYS[choice.init];
  const { armsWithinMs: _, ...usual } = HALT_WAYS[init];
  const forgets = choice.kind === 'signal' && usual.forgets;
  return { ...usual, halt: choice, armed: armedFor(choice), acknowledged: ['fewer'], forgets };
}

/** Whether it does not listen, and would by now if it ever did. */
export function isDeaf({ armed, armsWithinMs = Infinity }: HaltWays, facts: InitFacts, ranMs: number): boolean {
  return !armed(facts) && ranMs >= armsWithinMs;
}

const BOOT_MS = 30_000;

/** Whether one that was sent when it had run so long may be forgotten although it seems to be heard. */
export function forgetsStill({ forgetsInBoot }: HaltWays, ranMs: number): boolean {
  return forgetsInBoot === true && ranMs < BOOT_MS;
}

const YOUNG_MS = 2000;

/** Whether what it is sent now is not lost, as soon as the kernel has it. */
export function keeps({ armed, forgets }: HaltWays, facts: InitFacts, ranMs: number): boolean {
  return armed(facts) && !forgets && !(HAND_ON.test(facts.exe) && ranMs < YOUNG_MS);
}

// What it is sent is lost until the process that it hands it on to runs a program of its own.
const HAND_ON = /(^|\/)dumb-init( \(deleted\))?$/;

function armedFor(choice: Exclude<HaltChoice, { readonly kind: 'init' }>): (facts: InitFacts) => boolean {
  if (choice.kind === 'signal') return takes(choice.signal);
  return choice.kind === 'initctl' ? HALT_WAYS.sysvinit.armed : () => true;
}

// One that is blocked waits for init, also where init ignores it: that is decided when it is no longer blocked.
function takes(number: number): (facts: InitFacts) => boolean {
  return ({ blocked, caught, waited }) => [blocked, caught, waited].some((set) => hasSignal(set, number));
}

function signal(number: number): HaltWay {
  return { kind: 'signal', signal: number };
}

function command(...words: readonly string[]): HaltWay {
  return { kind: 'command', words };
}
