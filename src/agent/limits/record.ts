import { NO_HITS } from '../../limits/hits.ts';
import { NOTHING_UNLOGGED, type Unlogged } from '../../limits/kills-below.ts';
import type { Leased } from '../../limits/leased.ts';
import type { Written as WrittenValues } from '../../limits/read-back.ts';
import type { CpuLook } from '../../limits/saturation.ts';
import { NO_THRASH, type Thrash } from '../../limits/thrash.ts';
import type { Victim } from '../../model/alert.ts';
import type { DataUse } from '../../model/data-limit.ts';
import type { Refusal } from '../../model/failure.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { BelowCounters, HitCounters } from '../../model/hits.ts';
import type { LimitedResource, LimitFile, LimitValues } from '../../model/limit.ts';
import type { LimitsLedger } from '../../model/limits-ledger.ts';
import type { Heard, LimitsReading } from '../../ports/cgroups.ts';
import type { Retry } from '../backoff.ts';

/** The limits of one guest as the agent knows them. */
export interface LimitRecord {
  ledger: LimitsLedger;
  /** Monotonic ms before which the ledger is not written again for hits alone. */
  ledgerDue: number;
  /** There is more in it than what may wait longer. */
  ledgerPresses: boolean;
  /** Why the disk did not take the ledger when it was written last. */
  unsaved: readonly Refusal[];
  /** What was written in this life of the cgroup, and what the kernel made of it. */
  written: WrittenValues;
  /** What the control files held when all was as it should be: what differs later was changed by somebody else. */
  settled: LimitValues;
  /** By file, monotonic ms of each time that somebody else's change was taken back. */
  repairs: ReadonlyMap<LimitFile, readonly number[]>;
  /** Monotonic ms of what was heard of its quota, whoever wrote it. */
  quotaChanges: readonly number[];
  /** Why its processes are not limited as they should be, until the next look. */
  dataRefusals: readonly Refusal[];
  /** Monotonic ms at which its processes are looked at again: one from outside has no limit of ours. */
  dataDue: number;
  /** How often they were since that was another limit. */
  dataLooks: number;
  /** Somebody who waits asked that its memory is lowered whoever is killed for it. */
  byForce: boolean;
  /** What its processes had of their own when that was looked at last; undefined: nobody did. */
  data: DataUse | undefined;
  /** Why what is left of it is not divided as it should be, until the next look. */
  shareRefusals: readonly Refusal[];
  /** When (monotonic ms) it is looked at again, and how long (ms) it was to rest until then. */
  dataLook: { readonly due: number; readonly restMs: number };
  /** For which lower limit (bytes) room is made, and since when (monotonic ms); undefined: for none, or the guest gave none. */
  room: { readonly limit: number; readonly since: number } | undefined;
  /** What the last step of that was refused, and until when (monotonic ms) there is no other. */
  roomRest: { readonly refusals: readonly Refusal[]; readonly until: number };
  /** A lower limit (bytes) that killed somebody, and until when (monotonic ms) it is not tried again. */
  spared: { readonly limit: number; readonly until: number } | undefined;
  /** How often in a row the guest could not give back what was asked of it. */
  shortfalls: number;
  /** The life of the cgroup whose changes are heard, and what else is. */
  watched: string;
  /** What is heard of it; another one whenever it was asked for again. */
  heard: Heard | undefined;
  /** Hits of which nobody was told yet, and until when (monotonic ms) they wait for a kill, or for the name of who was killed. */
  untold: {
    readonly hits: HitCounters;
    readonly until: number | undefined;
    readonly of?: 'kill' | 'name';
  };
  /** Monotonic ms until which a name that comes is of a kill that was told without. */
  namelessUntil: number;
  /** Killed since the last look, and when (monotonic ms) that was heard. */
  victims: readonly (Victim & { readonly at: number })[];
  /** Refused memory since the last look, those that are known. */
  refused: readonly Victim[];
  /** The look from which its share of CPU time is counted; undefined: there was none in this life of the cgroup. */
  cpuLook: CpuLook | undefined;
  kills: Kills;
  /** It spent its CPU time, and is to stand still. */
  holds: boolean;
  /** Its quota is raised; undefined: it is not. */
  leased: Leased | undefined;
  /** Whether it does nothing but wait for its own memory, and what was decided about it. */
  thrash: Thrash;
  /** The start that was read last, until what it left is counted. */
  of: GuestInstance | undefined;
  /** The cgroup of the last start. */
  cgroup: string | undefined;
  /** As read last, and when (monotonic ms): never older than what of it is in the ledger. */
  seen: { readonly reading: LimitsReading; readonly at: number } | undefined;
  refusals: readonly Refusal[];
  /** Of what was refused: of a resource, and of all that is of none. */
  retries: ReadonlyMap<LimitedResource | 'guest', Retry>;
}

/** Kills of one start of a guest, as the kernel's log tells of them beside what its counters say. */
export interface Kills {
  readonly byCounter: number;
  /** Of those that the counter counts too. */
  readonly byLog: number;
  /** In cgroups of the guest's own that no counter of its cgroup speaks of, and that are not in the ledger yet. */
  readonly apart: number;
  /** Monotonic ms from which on what the log says is surely of this start. */
  readonly from: number;
  /** Of cgroups of the guest's own: what their counters told of before the log did. */
  readonly unlogged: Unlogged;
  /** And which look at them that was. */
  readonly seen: BelowCounters | undefined;
}

/** The log is hardly ever so late. */
const LOG_MS = 1000;

export function newKills(now: number): Kills {
  return { byCounter: 0, byLog: 0, apart: 0, from: now + LOG_MS, unlogged: NOTHING_UNLOGGED, seen: undefined };
}

const NO_DATA_LOOK: LimitRecord['dataLook'] = { due: 0, restMs: 0 };

const NO_REST: LimitRecord['roomRest'] = { refusals: [], until: 0 };

export const NOTHING_UNTOLD: LimitRecord['untold'] = { hits: {}, until: undefined };

export const EMPTY_LEDGER: LimitsLedger = { hits: NO_HITS, epoch: '', before: {} };

export function newLimitRecord(ledger: LimitsLedger, now: number): LimitRecord {
  return {
    ledger,
    ledgerDue: 0,
    ledgerPresses: true,
    unsaved: [],
    written: {},
    settled: {},
    repairs: new Map(),
    quotaChanges: [],
    dataRefusals: [],
    dataDue: 0,
    dataLooks: 0,
    data: undefined,
    dataLook: NO_DATA_LOOK,
    shareRefusals: [],
    byForce: false,
    room: undefined,
    roomRest: NO_REST,
    spared: undefined,
    shortfalls: 0,
    watched: '',
    heard: undefined,
    untold: NOTHING_UNTOLD,
    namelessUntil: 0,
    victims: [],
    refused: [],
    cpuLook: undefined,
    kills: newKills(now),
    holds: false,
    leased: undefined,
    thrash: NO_THRASH,
    of: undefined,
    cgroup: undefined,
    seen: undefined,
    refusals: [],
    retries: new Map(),
  };
}

/** What was so in a life of the cgroup that is over. */
export function forgetLife(record: LimitRecord): void {
  record.written = {};
  record.settled = {};
  record.repairs = new Map();
  record.quotaChanges = [];
  record.shortfalls = 0;
  record.room = undefined;
  record.roomRest = NO_REST;
  record.spared = undefined;
  record.dataDue = 0;
  record.dataLooks = 0;
  record.dataRefusals = [];
  record.data = undefined;
  record.dataLook = NO_DATA_LOOK;
  record.shareRefusals = [];
  record.cpuLook = undefined;
  record.holds = false;
  record.leased = undefined;
  record.thrash = NO_THRASH;
  record.refusals = [];
}

/** What a pass, or a part of it, ended with. */
export interface Done {
  readonly refusals: readonly Refusal[];
  /** When to look again, monotonic ms. */
  readonly wakeAt?: number;
}

/** What became of the writes of a resource. */
export interface Written extends Done {
  /** All but what is fought over is as it should be. */
  readonly isDone: boolean;
}
