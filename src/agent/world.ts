import type { Assignment } from '../devices/assign.ts';
import type { FlapTable } from '../devices/damping.ts';
import type { Slots } from '../devices/slots.ts';
import type { Config, Problem, Settings } from '../model/config.ts';
import type { Device } from '../model/device.ts';
import type { Refusal } from '../model/failure.ts';
import type { Guest, GuestInstance } from '../model/guest.ts';
import type { GuestHistory } from '../model/guest-history.ts';
import type { Inventory } from '../model/inventory.ts';
import type { GuestLedger, Memory } from '../model/ledger.ts';
import type { GuestNames, ObservedGuest } from '../model/observed.ts';
import { processKey } from '../model/process-key.ts';
import type { OpenSinks } from '../ports/alert-sink.ts';
import type { BelongingsKeeper } from '../ports/belongings.ts';
import type { Cgroups } from '../ports/cgroups.ts';
import type { Clock } from '../ports/clock.ts';
import type { Configuration } from '../ports/configuration.ts';
import type { Asked, DeviceReader } from '../ports/devices.ts';
import type { Answer, Executor, GrantsSeen, OpenedGuest } from '../ports/executor.ts';
import type { GuestFinder } from '../ports/guests.ts';
import type { Host } from '../ports/host.ts';
import type { Life } from '../ports/life.ts';
import type { MetricsServer } from '../ports/metrics-server.ts';
import type { ShutdownLimits } from '../ports/shutdown.ts';
import type { Store } from '../ports/store.ts';
import type { UsageReader } from '../ports/usage.ts';
import type { AlertDesk } from './alerts/desk.ts';
import type { Retry } from './backoff.ts';
import type { Counters } from './counters.ts';
import { serviceOf } from './kept-grants.ts';
import type { GoingDown } from './lifecycle/going-down.ts';
import type { Leavings } from './lifecycle/left-things.ts';
import type { Lives } from './lifecycle/lived-guests.ts';
import type { Starts } from './lifecycle/starting-guests.ts';
import type { Stops, StopsTogether } from './lifecycle/stopped-guests.ts';
import type { Limiter } from './limits/limiting.ts';
import type { MetricsListener } from './metrics/listener.ts';
import type { Stopwatches } from './metrics/stopwatch.ts';
import type { Queue } from './queue.ts';
import type { Reporter } from './reporter.ts';
import type { UdevDebt } from './udev-debt.ts';

/** Everything the agent needs from outside. */
export interface Ports {
  readonly executor: Executor;
  readonly host: Host;
  readonly devices: DeviceReader;
  readonly guests: GuestFinder;
  readonly cgroups: Cgroups;
  readonly life: Life;
  readonly belongings: BelongingsKeeper;
  readonly usage: UsageReader;
  readonly openSinks: OpenSinks;
  readonly metricsServer: MetricsServer;
  readonly shutdownLimits: ShutdownLimits;
  readonly store: Store;
  readonly clock: Clock;
  readonly configuration: Configuration;
}

/** What the agent holds; only files of this folder change it. */
export interface World {
  readonly ports: Ports;
  readonly report: Reporter;
  readonly counters: Counters;
  readonly records: Map<string, GuestRecord>;
  queue: Queue;
  /** Every device, for people who ask; until then (monotonic ms) it is fresh. */
  seen: { readonly devices: readonly Device[]; readonly until: number } | undefined;
  /** How often guests were asked for. */
  questions: number;
  config: Config;
  /** Those that the agent was started with. */
  readonly settings: Settings;
  /** Of the configuration on disk; what is in force is `config`. */
  problems: readonly Problem[];
  loadedAt: string;
  /** Why the configuration in force could not be kept for an agent that starts later. */
  unsaved: Refusal | undefined;
  /** Why the coming and going of guests is not heard. */
  unheard: readonly Refusal[];
  /** Guests that are in no record, since nobody can say their names. */
  nameless: readonly Refusal[];
  /** Settles when no reload is under way. */
  reloaded: Promise<unknown>;
  asked: Asked;
  inventory: Inventory;
  /** Services and scopes that systemd is ending. */
  readonly endingUnits: Set<string>;
  /** Names of guests that a tool of their runtime was stopping when somebody looked last. */
  stoppedByTools: ReadonlySet<string>;
  assignment: Assignment;
  /** Devices that come and go. */
  flaps: FlapTable;
  slots: Slots;
  /** No look at the devices for time's sake is due any more. */
  cancelReassign: () => void;
  limiter: Limiter;
  readonly stops: Stops;
  readonly orderedStops: StopsTogether;
  readonly starts: Starts;
  readonly lives: Lives;
  readonly leavings: Leavings;
  /** By guest, what is kept of it, also where it cannot be stored now. */
  readonly histories: Map<string, GuestHistory>;
  /** Guests whose own could not be stored yet. */
  readonly unsavedHistories: Set<string>;
  readonly goingDown: GoingDown;
  readonly alerts: AlertDesk;
  readonly metrics: MetricsListener;
  readonly stopwatches: Stopwatches;
  /** Told at the end of every pass over a guest. */
  passed: (guest: string) => void;
  udev: 'running' | 'absent' | 'silent';
  udevDebt: UdevDebt;
  /** The first whole pass is over. */
  ready: boolean;
  /** The configuration is read once more, since a guest came. */
  rechecks: boolean;
  /** Why changes of the configuration are not heard; undefined: they are. */
  deaf: Refusal | undefined;
  /** Whom the kernel kills is heard from its log. */
  hearsKernel: boolean;
}

/** One guest as the agent knows it. */
export interface GuestRecord {
  guest: Guest;
  /** systemd may keep what was granted to a start that is over. */
  mayLeave: boolean;
  /** When what is known of its start was asked for: an answer to an older question says nothing any more. */
  asked: number;
  /** The executor holds it open. */
  opened: OpenedGuest | undefined;
  ledger: GuestLedger;
  /** While a plan is performed: all that is ours, and all that may become ours. */
  intent: GuestLedger | undefined;
  /** Since when (monotonic ms) something waits that another guest has; undefined: nothing does. */
  waitsSince: number | undefined;
  /** By `inquiryKey`, what other guests were asked of numbers that it waits for. */
  inquiries: ReadonlyMap<string, Inquiry>;
  memory: Memory;
  memoryOnDisk: Memory;
  /** Monotonic ms before which memory is not written: a guest that changes its nodes in a loop must not hold up the others. */
  memoryDue: number;
  /** Asked for when first needed and after each change of its /etc. */
  names: Promise<GuestNames> | undefined;
  /** The folders that are watched, joined: compared, never parsed. */
  watched: string;
  /** Its worker was started when there was no inotify to be had; another one may have it. */
  deaf: boolean;
  /** Folders that nodes were wanted in lately: looked at also while nothing is, so that the next node finds them known. */
  familiar: readonly string[];
  /** What was seen last; undefined as soon as anything is reported of the guest. */
  sight: Sight | undefined;
  /** What systemd said of its unit a moment ago. */
  kept: KeptAnswer | undefined;
  /** Grows whenever somebody else may have changed its permissions, so that an answer to an older question is not kept. */
  doubts: number;
  /** Grows with every report, so that a sight asked for before it is not kept. */
  reports: number;
  /** Numbers that were granted and not yet tried from inside. */
  unverified: Set<string>;
  /** By number, what was tried from inside and refused: its nodes are not there until it is allowed. */
  denied: ReadonlyMap<string, Refusal>;
  /** Monotonic ms before which nothing is tried from inside: it was found frozen. */
  frozenUntil: number;
  /** What could not be made or granted, and until when (monotonic ms) nobody tries again; the rest goes on. */
  blocked: readonly Blocked[];
  /** By `groupKey`, the groups of nodes whose devices had parts to come when they were looked at. */
  settling: ReadonlyMap<string, Settling>;
  /** Something was mounted since anybody looked whether what the guest was told is still there. */
  remounted: boolean;
  /** What the guest could not be told, by `tellKey`. */
  untold: ReadonlyMap<string, Untold>;
  refusals: readonly Refusal[];
  /** Those of them that were told. */
  told: readonly Refusal[];
  /** The next try on our own, while something is refused that may come right. */
  retry: Retry | undefined;
  /** This start was seen, and whether it was asked for through the hook. */
  start: 'unseen' | 'unasked' | 'asked';
  /** Monotonic ms until which its hook may still ask. */
  mayAskUntil: number;
  /** How often this start was looked at before it could be opened. */
  looks: number;
  /** Takes back the next late look for its init. */
  cancelLook: () => void;
  /** Somebody asked for the end of this start. */
  stopping: boolean;
  suspect: boolean;
  lastPass: string | undefined;
}

/** What was seen of a guest's files and permissions. */
export type Sight = Pick<ObservedGuest, 'entries' | 'unanswered'> & GrantsSeen;

/** What systemd said last of a unit, or that it did not. */
export interface KeptAnswer {
  readonly answer: Answer<GrantsSeen>;
  /** Monotonic ms before which systemd is not asked again. */
  readonly until: number;
}

export interface Inquiry {
  /** Who holds it there, as far as is known; undefined: nobody. */
  readonly held: string | undefined;
  /** `asked`: the answer is to come. `answered`: no pass has decided on it yet. `used`: it is to be asked for anew. */
  readonly state: 'asked' | 'answered' | 'used';
  /** Monotonic ms until which an answer may wait for others that are decided on together with it. */
  readonly until: number;
}

export interface Blocked {
  /** A name below /dev, or a device number. */
  readonly what: string;
  readonly until: number;
  readonly refusal: Refusal;
}

export interface Settling {
  /** The DEVPATH of the physical device. */
  readonly root: string;
  /** Monotonic ms at which it was first found so in this start. */
  readonly since: number;
}

export interface Untold {
  readonly tries: number;
  /** Monotonic ms before which nobody tries again; infinite: not in this start. */
  readonly until: number;
  readonly refusal: Refusal;
}

export function newRecord(guest: Guest, memory: Memory): GuestRecord {
  return {
    guest,
    mayLeave: true,
    asked: 0,
    opened: undefined,
    ledger: emptyLedger(undefined), // what is stored of this start is read when the guest is opened
    intent: undefined,
    waitsSince: undefined,
    inquiries: new Map(),
    memory,
    memoryOnDisk: memory,
    memoryDue: 0,
    names: undefined,
    watched: '',
    deaf: false,
    familiar: [],
    sight: undefined,
    kept: undefined,
    doubts: 0,
    reports: 0,
    unverified: new Set(),
    denied: new Map(),
    frozenUntil: 0,
    blocked: [],
    settling: new Map(),
    remounted: false,
    untold: new Map(),
    refusals: [],
    told: [],
    retry: undefined,
    start: 'unseen',
    mayAskUntil: 0,
    looks: 0,
    cancelLook: () => {},
    stopping: false,
    suspect: false,
    lastPass: undefined,
  };
}

/** Another start of the guest runs: of the last one nothing holds but what systemd may keep. */
export function beginStart(record: GuestRecord): void {
  record.mayLeave = true;
  record.stopping = false;
}

/** What was wrong in a start that is over, and what was waited for. */
export function forgetStart(record: GuestRecord): void {
  record.refusals = [];
  record.told = [];
  record.waitsSince = undefined;
  record.inquiries = new Map();
  record.suspect = false;
  record.untold = new Map();
  record.settling = new Map();
}

export function emptyLedger(start: GuestInstance | undefined): GuestLedger {
  const instance = start === undefined ? '' : processKey(start);
  const service = serviceOf(start);
  const ours = { nodes: [], links: [], folders: [], grants: [], released: [], corrections: {} };
  return { instance, ...ours, ...(service !== undefined && { service }) };
}
