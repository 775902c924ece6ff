import type { Config } from '../model/config.ts';
import type { Refusal } from '../model/failure.ts';
import type { GuestLedger, Memory } from '../model/ledger.ts';

/** What survives the agent: ledgers until the host restarts, memory for good. Reads never throw; what cannot be used is told. */
export interface Store {
  ledger(guest: string): GuestLedger | undefined;
  saveLedger(guest: string, ledger: GuestLedger): void;
  removeLedger(guest: string): void;
  memory(guest: string): Memory;
  saveMemory(guest: string, memory: Memory): void;
  /** The configuration that was last in force since the host started. */
  lastGoodConfig(): Config | undefined;
  saveGoodConfig(config: Config): void;
  /** What could not be read or written since the last call. */
  takeRefusals(): readonly Refusal[];
}
