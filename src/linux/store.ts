import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredAlerts } from '../model/alert-message.ts';
import type { GuestBelongings } from '../model/belongings.ts';
import type { KeptBucket } from '../model/bucket.ts';
import type { Config } from '../model/config.ts';
import type { GuestHistory } from '../model/guest-history.ts';
import type { GuestLedger, Memory } from '../model/ledger.ts';
import type { LimitsLedger } from '../model/limits-ledger.ts';
import type { StartsState } from '../model/start.ts';
import type { StopState, WaitingStops } from '../model/stop.ts';
import type { Store } from '../ports/store.ts';
import { appendBounded } from './bounded-file.ts';
import { knownBelongings, knownHistory, knownStart, knownStop } from './other-version.ts';
import {
  isAlerts,
  isBelongings,
  isBucket,
  isConfig,
  isHistory,
  isLedger,
  isLimits,
  isMemory,
  isStart,
  isStarts,
  isStop,
  isWaitingStop,
  isWaitingStops,
  isWish,
} from './stored.ts';
import { ValueFiles } from './value-files.ts';

/**
 * Ledgers in RUN/guests, what starts have of the host in RUN/belongings, buckets in RUN/buckets, stops in RUN/stops, those that wait for their turn in RUN/waiting-stops.json and
 * starts in RUN/starts.json: gone with the host's memory, as what they tell of. Memories in STATE/memory, hits in STATE/limits,
 * what became of starts and stops in STATE/history, the last good configuration in STATE/config.json.
 */
export function fileStore(runFolder: string, stateFolder: string): Store {
  const files = new ValueFiles();
  const ledgerPath = (guest: string) => join(runFolder, 'guests', `${guest}.json`);
  const configPath = join(stateFolder, 'config.json');
  const memoryPath = (guest: string) => join(stateFolder, 'memory', `${guest}.json`);
  const stopPath = (guest: string) => join(runFolder, 'stops', `${guest}.json`);
  const waitingStopsPath = join(runFolder, 'waiting-stops.json');
  const startsPath = join(runFolder, 'starts.json');
  const limitsPath = (guest: string) => join(stateFolder, 'limits', `${guest}.json`);
  const alertsPath = join(stateFolder, 'alerts.json');
  return {
    ...belongingsIn(files, join(runFolder, 'belongings')),
    ...bucketsIn(files, join(runFolder, 'buckets')),
    ...historiesIn(files, join(stateFolder, 'history')),
    ledger: (guest) => files.read<GuestLedger>(ledgerPath(guest), isLedger),
    saveLedger: (guest, ledger) => files.write(ledgerPath(guest), ledger, false),
    removeLedger: (guest) => files.remove(ledgerPath(guest)),
    memory: (guest) => files.read<Memory>(memoryPath(guest), isMemory) ?? {},
    saveMemory: (guest, memory) => (isEmpty(memory) ? [] : files.write(memoryPath(guest), memory, true)),
    limits: (guest) => files.read<LimitsLedger>(limitsPath(guest), isLimits),
    saveLimits: (guest, ledger) => files.write(limitsPath(guest), ledger, true),
    hasLimits: (guest, ledger) => files.has(limitsPath(guest), ledger),
    alerts: () => files.read<StoredAlerts>(alertsPath, isAlerts),
    saveAlerts: (alerts) => files.write(alertsPath, alerts, true),
    keepUndelivered: (lines) => appendBounded(join(stateFolder, 'undelivered-alerts.jsonl'), lines),
    stop: (guest) => known(files.read<StopState>(stopPath(guest), isStop), knownStop),
    saveStop: (guest, stop) => files.write(stopPath(guest), stop, false),
    removeStop: (guest) => files.remove(stopPath(guest)),
    waitingStops() {
      const waiting = files.read<WaitingStops>(waitingStopsPath, isWaitingStops);
      return waiting && { ...waiting, stops: waiting.stops.filter(isWaitingStop) };
    },
    saveWaitingStops: (stops) => files.write(waitingStopsPath, stops, false),
    starts() {
      const state = files.read<StartsState>(startsPath, isStarts);
      if (state === undefined) return undefined;
      const { unwanted, ...rest } = state;
      const starts = state.starts.filter(isStart).map(knownStart);
      return { ...rest, starts, ...(unwanted && { unwanted: unwanted.filter(isWish) }) };
    },
    saveStarts: (starts) => files.write(startsPath, starts, false),
    lastGoodConfig: () => files.read<Config>(configPath, isConfig),
    saveGoodConfig: (config) => files.write(configPath, config, true),
    takeRefusals: () => files.takeRefusals(),
  };
}

function belongingsIn(
  files: ValueFiles,
  folder: string,
): Pick<Store, 'belongings' | 'saveBelongings' | 'removeBelongings'> {
  const path = (guest: string) => join(folder, `${guest}.json`);
  return {
    belongings: (guest) => known(files.read<GuestBelongings>(path(guest), isBelongings), knownBelongings),
    saveBelongings: (guest, belongings) => files.write(path(guest), belongings, false),
    removeBelongings: (guest) => files.remove(path(guest)),
  };
}

function bucketsIn(files: ValueFiles, folder: string): Pick<Store, 'bucket' | 'saveBucket' | 'removeBucket'> {
  const path = (guest: string) => join(folder, `${guest}.json`);
  return {
    bucket: (guest) => files.read<KeptBucket>(path(guest), isBucket),
    saveBucket: (guest, bucket) => files.write(path(guest), bucket, false),
    removeBucket: (guest) => files.remove(path(guest)),
  };
}

function historiesIn(files: ValueFiles, folder: string): Pick<Store, 'history' | 'saveHistory' | 'removeHistories'> {
  const path = (guest: string) => join(folder, `${guest}.json`);
  return {
    history: (guest) => known(files.read<GuestHistory>(path(guest), isHistory), knownHistory),
    // The host may die of a start in a moment.
    saveHistory: (guest, history) =>
      files.write(path(guest), history, history.run && !history.run.hasLasted ? 'now' : true),
    removeHistories(before, but) {
      const kept = new Set([...but].map(path));
      for (const old of writtenBefore(folder, before)) if (!kept.has(old)) files.remove(old);
    },
  };
}

function known<T>(value: T | undefined, of: (value: T) => T): T | undefined {
  return value && of(value);
}

// Memory only grows: nothing to remember means that nothing was written.
function isEmpty(memory: Memory): boolean {
  return Object.keys(memory).length === 0;
}

function writtenBefore(folder: string, before: number): readonly string[] {
  try {
    const paths = readdirSync(folder).map((name) => join(folder, name));
    return paths.filter((path) => path.endsWith('.json') && statSync(path).mtimeMs < before);
  } catch {
    return []; // there is none yet, or somebody else tidies up
  }
}
