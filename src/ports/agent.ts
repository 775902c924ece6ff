import type { Action } from '../model/action.ts';
import type { Problem } from '../model/config.ts';
import type { Device } from '../model/device.ts';
import type { Refusal } from '../model/failure.ts';
import type { DevicePolicy, Guest, Runtime } from '../model/guest.ts';
import type { EndReason, LastEvidence, StopTimes } from '../model/guest-history.ts';
import type { OwnedNode } from '../model/ledger.ts';
import type { Bursts } from '../model/limit.ts';
import type { Place } from '../model/rule.ts';
import type { StartPhase } from '../model/start.ts';
import type { Phase } from '../model/stop.ts';
import type { Tokens, Usage } from '../model/usage.ts';
import type { AlertsView, SinkTestView } from './alerts-view.ts';
import type { LimitsView, PlannedWrite } from './limits-view.ts';
import type { ShutdownView } from './shutdown.ts';

/** What the control socket asks of the agent. Everything is a plain value that JSON can carry. */
export interface AgentControl {
  status(): StatusView;
  guests(): readonly GuestView[];
  /** The host, then its guests, with what they use now. */
  list(): Promise<readonly ListedView[]>;
  /** Undefined: no such guest. */
  guest(name: string): GuestView | undefined;
  devices(guest?: string): readonly DeviceView[];
  /** As the kernel has them now. */
  limits(guest?: string): readonly LimitsView[];
  /** `device`: /dev path, /sys path or DEVPATH, `c:189:4`, or USB port. Undefined: no such device. */
  why(device: string): WhyView | undefined;
  plan(guest?: string): Promise<readonly PlanView[]>;
  /** A pass now, also for guests that are in back-off; answers with what it did. */
  apply(guest: string | undefined, caller: Caller): Promise<readonly PlanView[]>;
  /** The same, and a limit of memory is lowered although the kernel kills until it fits: this time alone. */
  applyByForce(guest: string, caller: Caller): Promise<readonly PlanView[]>;
  /** Those that guests of this host have. */
  marks(): ReadonlySet<string>;
  /** Begins to stop it; the events tell the rest. */
  stop(guest: string, wish: StopWish, caller: Caller): Promise<StopView>;
  /** The same of several, each when those of them have ended that start after it, a few at a time. Of all, and of a mark, it answers those that run or come, or whose stop is not over. */
  stopTogether(choice: GuestChoice, wish: StopWish, caller: Caller): Promise<readonly StopView[]>;
  /** Begins to start them and those that they wait for, which it answers; the events tell the rest. */
  start(choice: GuestChoice, wish: StartWish, caller: Caller): readonly StartView[];
  /** The same when those of them that run were stopped. */
  restart(choice: GuestChoice, wish: StopWish, caller: Caller): readonly StartView[];
  /** How far starts and stops are, for who waits for them since before this agent. */
  underWay(): readonly UnderWayView[];
  /** A shutdown of the host, if it came now; `budgetMs` instead of what hostler.yaml says. */
  planShutdown(budgetMs: number | undefined): Promise<ShutdownView>;
  reload(caller: Caller): Promise<ReloadView>;
  /** Events with a number above `after`, oldest first. */
  events(after: number): readonly EventView[];
  /** For Prometheus, in its text format; as read last where reading everything would take too long. */
  metrics(): Promise<string>;
  /** For people, HTML. */
  page(): Promise<string>;
  alerts(): AlertsView;
  /** Sends each sink, or those of this name or kind, an alert that means nothing. Empty: there is none of that name. */
  testAlerts(sink: string | undefined, caller: Caller): Promise<readonly SinkTestView[]>;
  /** Calls back for every further event, which events() then already holds, until the returned function is called. */
  follow(listener: (event: EventView) => void): () => void;
}

/** How a stop differs from what the guest's file says. */
export interface StopWish {
  readonly timeoutMs?: number;
  /** At once, without asking it to halt. */
  readonly kill: boolean;
}

/** `mark`: those with it; without: of a start those that start with the host, of a stop or a restart those that run. */
export type GuestChoice = { readonly guests: readonly string[] } | { readonly mark: string | undefined };

/** How a start differs from what the guest's file says. */
export interface StartWish {
  readonly timeoutMs?: number;
}

export interface StartView {
  readonly guest: string;
  /** Events above that number tell of it. */
  readonly after: number;
}

export interface StopView {
  readonly guest: string;
  /** `stopped`: it did not run. `wedged`: it was killed before, and does not end. */
  readonly state: 'stopping' | 'stopped' | 'wedged';
  /** The last stop of one that does not run killed it, or a program before its halt failed. */
  readonly endedBadly?: true;
  /** Events above that number tell of it. */
  readonly after: number;
}

/** How far the start and the stop of a guest are, whoever has asked for them. */
export interface UnderWayView extends Pick<StopView, 'guest' | 'endedBadly' | 'after'> {
  /** `ready` also where it has been for long. `withdrawn`: nobody starts it, and it does not run, or is being stopped. */
  readonly start: StartPhase | 'withdrawn';
  /** `withdrawn`: it runs, and nobody stops it. */
  readonly stop: StopView['state'] | 'withdrawn';
}

export interface Caller {
  readonly uid: number;
  readonly pid: number;
}

export interface StatusView {
  readonly version: string;
  readonly pid: number;
  /** ISO 8601. */
  readonly since: string;
  /** The first whole pass is over. */
  readonly ready: boolean;
  readonly converged: boolean;
  readonly guests: { readonly running: number; readonly stopped: number; readonly failing: number };
  readonly nodes: number;
  readonly devices: number;
  readonly rules: number;
  readonly udev: 'running' | 'absent' | 'silent';
  /** Absent: no bucket needs bursts yet. */
  readonly bursts?: BurstsView;
  readonly config: { readonly folder: string; readonly loaded: string; readonly problems: readonly Problem[] };
  /** Whether changes of the configuration are heard. */
  readonly watching: boolean;
  readonly warnings: readonly Refusal[];
  /** Uevents received, refused by reason, enumerations, passes, actions, by name. */
  readonly counters: Readonly<Record<string, number>>;
}

export interface BurstsView {
  readonly by: Bursts;
  readonly why: string;
}

/** What is done with a guest, and what became of it before. Times are ISO 8601. */
export interface GuestLifeView {
  /** Absent: nothing is. */
  readonly doing?: StartPhase | 'stopping' | 'restarting' | 'quarantined';
  /** Who or what it waits for. */
  readonly awaits?: string;
  readonly startedAt?: string;
  readonly end?: { readonly at: string; readonly why: EndReason };
  /** Absent: none is known. */
  readonly stops?: StopTimes;
  /** How often it ended by itself, as far back as is known. */
  readonly crashes: number;
  /** How often it rebooted from inside, in the same manner. */
  readonly reboots: number;
  /** The host died while it ran, and nobody has stopped it since. */
  readonly isUnclean?: true;
}

export interface GuestView extends Guest {
  readonly state: 'running' | 'stopped' | 'suspect';
  readonly converged: boolean;
  readonly policy?: DevicePolicy;
  readonly nodes: readonly OwnedNode[];
  readonly refusals: readonly Refusal[];
  readonly life?: GuestLifeView;
  /** Present while it is being stopped. */
  readonly stop?: StoppingView;
  /** Of the last stop that had to end somebody; where one guest is asked for. */
  readonly evidence?: EvidenceView;
  /** ISO 8601, of the last pass. */
  readonly lastPass?: string;
}

/** Who ran in it when a stop had to end them. */
export interface EvidenceView extends Omit<LastEvidence, 'at'> {
  readonly at: string;
  /** The same in short, as people are told of it. */
  readonly says: string;
}

export interface StoppingView {
  readonly phase: Phase;
  /** Until it is killed. */
  readonly leftMs: number;
  /** As people are told of it; empty: nobody has looked. */
  readonly waits: string;
}

export interface ListedView extends Omit<GuestView, 'runtime'> {
  /** `host`: this machine, with all that runs on it. */
  readonly runtime: Runtime | 'host';
  /** Absent: it is stopped, or there was no time to look. */
  readonly usage?: Usage;
  /** Of a bucket that the kernel does not keep by itself. */
  readonly tokens?: Tokens;
}

export interface DeviceView extends Device {
  /** Who has it, and where. */
  readonly given: readonly {
    readonly guest: string;
    readonly rule: string;
    readonly path: string;
    readonly told?: true;
  }[];
  /** Rules that do not give it for now: it comes and goes. */
  readonly heldOff?: readonly string[];
}

export interface WhyView {
  readonly device: DeviceView;
  readonly rules: readonly RuleVerdict[];
}

/** Why a rule does or does not give a device: the first condition that failed, with both values. */
export interface RuleVerdict {
  readonly rule: string;
  readonly place: Place;
  readonly matched: boolean;
  /** Not by itself, but the rule takes the whole device that it is a part of: the device's DEVPATH. */
  readonly partOf?: string;
  readonly failed?: { readonly key: string; readonly wanted: string; readonly found: string };
  /** Matched, and still not given: the refusal. */
  readonly refusal?: Refusal;
  readonly guests: readonly string[];
}

export interface PlanView {
  readonly guest: string;
  readonly actions: readonly Action[];
  readonly limits: readonly PlannedWrite[];
  readonly refusals: readonly Refusal[];
}

export interface ReloadView {
  readonly problems: readonly Problem[];
  readonly rules: { readonly added: number; readonly changed: number; readonly removed: number };
}

export interface EventView {
  readonly number: number;
  /** ISO 8601 with milliseconds. */
  readonly time: string;
  readonly kind:
    | 'device'
    | 'guest'
    | 'action'
    | 'refusal'
    | 'config'
    | 'uevents'
    | 'agent'
    | 'command'
    | 'alert'
    | 'stop'
    | 'start';
  readonly severity: 'info' | 'warning' | 'error';
  readonly guest?: string;
  readonly rule?: string;
  readonly device?: string;
  readonly action?: string;
  /** Of an alert, or of what it is about. */
  readonly resource?: string;
  /** One line for people. */
  readonly says: string;
}
