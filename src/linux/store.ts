import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../model/config.ts';
import type { Refusal } from '../model/failure.ts';
import type { GuestLedger, Memory } from '../model/ledger.ts';
import type { Store } from '../ports/store.ts';
import { readValue, writeValue } from './atomic-file.ts';
import { isConfig, isLedger, isMemory } from './stored.ts';

/** Ledgers in RUN/guests (gone with the host's memory, as what they tell of), memories in STATE/memory. */
export function fileStore(runFolder: string, stateFolder: string): Store {
  let refusals: Refusal[] = [];
  const ledgerPath = (guest: string) => join(runFolder, 'guests', `${guest}.json`);
  const configPath = join(runFolder, 'config.json');
  const memoryPath = (guest: string) => join(stateFolder, 'memory', `${guest}.json`);

  /** By path, what is surely in the file. */
  const saved = new Map<string, string>();

  const read = <T>(path: string, fits: (value: unknown) => value is T): T | undefined => {
    const { value, bad } = readValue(path);
    if (value === undefined && bad === undefined) return undefined;
    if (bad === undefined && fits(value)) {
      saved.set(path, JSON.stringify(value));
      return value;
    }
    refusals.push({ code: 'W_STATE_BAD', subject: path, detail: bad ?? 'not what was written' });
    return undefined;
  };
  const write = (path: string, value: unknown, durable: boolean): readonly Refusal[] => {
    const body = JSON.stringify(value);
    if (saved.get(path) === body) return [];
    saved.delete(path);
    try {
      writeValue(path, value, durable);
    } catch (error) {
      return [{ code: 'E_STATE_WRITE', subject: path, detail: errorText(error) }];
    }
    saved.set(path, body);
    return [];
  };
  const remove = (path: string) => {
    saved.delete(path);
    try {
      rmSync(path, { force: true });
    } catch {
      // It stays: a ledger of another start is void anyway.
    }
  };

  return {
    ledger: (guest) => read<GuestLedger>(ledgerPath(guest), isLedger),
    saveLedger: (guest, ledger) => write(ledgerPath(guest), ledger, false),
    removeLedger: (guest) => remove(ledgerPath(guest)),
    memory: (guest) => read<Memory>(memoryPath(guest), isMemory) ?? {},
    saveMemory: (guest, memory) => (isEmpty(memory) ? [] : write(memoryPath(guest), memory, true)),
    lastGoodConfig: () => read<Config>(configPath, isConfig),
    saveGoodConfig: (config) => write(configPath, config, false),
    takeRefusals: () => {
      const taken = refusals;
      refusals = [];
      return taken;
    },
  };
}

// Memory only grows: nothing to remember means that nothing was written.
function isEmpty(memory: Memory): boolean {
  return Object.keys(memory).length === 0;
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
