import type { StoredAlerts } from '../model/alert-message.ts';
import type { GuestBelongings } from '../model/belongings.ts';
import type { KeptBucket } from '../model/bucket.ts';
import type { Config } from '../model/config.ts';
import type { Refusal } from '../model/failure.ts';
import type { GuestHistory } from '../model/guest-history.ts';
import type { GuestLedger, Memory } from '../model/ledger.ts';
import type { LimitsLedger } from '../model/limits-ledger.ts';
import type { StartsState } from '../model/start.ts';
import type { StopState, WaitingStops } from '../model/stop.ts';

/**
 * What survives the agent: ledgers until the host restarts, memory for good. Nothing throws. Saving what is saved already costs
 * nothing, so whoever could not save tries again by saving again; it answers what was in the way.
 */
export interface Store {
  ledger(guest: string): GuestLedger | undefined;
  saveLedger(guest: string, ledger: GuestLedger): readonly Refusal[];
  removeLedger(guest: string): void;
  memory(guest: string): Memory;
  saveMemory(guest: string, memory: Memory): readonly Refusal[];
  /** Undefined: nothing was ever kept of it. */
  limits(guest: string): LimitsLedger | undefined;
  saveLimits(guest: string, ledger: LimitsLedger): readonly Refusal[];
  /** Whether exactly this is kept already. */
  hasLimits(guest: string, ledger: LimitsLedger): boolean;
  alerts(): StoredAlerts | undefined;
  saveAlerts(alerts: StoredAlerts): readonly Refusal[];
  /** Keeps what could not be told, one line each; the oldest go when they are many. With none it makes room for later ones. */
  keepUndelivered(lines: readonly string[]): readonly Refusal[];
  /** Of this boot; undefined: none. */
  bucket(guest: string): KeptBucket | undefined;
  saveBucket(guest: string, bucket: KeptBucket): readonly Refusal[];
  removeBucket(guest: string): void;
  /** A stop under way; undefined: none. */
  stop(guest: string): StopState | undefined;
  saveStop(guest: string, stop: StopState): readonly Refusal[];
  removeStop(guest: string): void;
  /** What starts of it have, or had and may have left; undefined: nothing. */
  belongings(guest: string): GuestBelongings | undefined;
  saveBelongings(guest: string, belongings: GuestBelongings): readonly Refusal[];
  removeBelongings(guest: string): void;
  /** Those that wait for their turn; undefined: none ever did. */
  waitingStops(): WaitingStops | undefined;
  saveWaitingStops(stops: WaitingStops): readonly Refusal[];
  /** Starts under way; undefined: nothing was ever started. */
  starts(): StartsState | undefined;
  saveStarts(starts: StartsState): readonly Refusal[];
  /** What became of its starts and stops; undefined: nothing was ever kept of it. */
  history(guest: string): GuestHistory | undefined;
  saveHistory(guest: string, history: GuestHistory): readonly Refusal[];
  /** Forgets those that were saved before (milliseconds since 1970) and are of none of these guests. */
  removeHistories(before: number, but: ReadonlySet<string>): void;
  /** The configuration that was last in force, also before the host started. */
  lastGoodConfig(): Config | undefined;
  saveGoodConfig(config: Config): readonly Refusal[];
  /** What could not be read since the last call. */
  takeRefusals(): readonly Refusal[];
}
