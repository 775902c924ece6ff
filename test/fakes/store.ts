import { isDeepStrictEqual } from 'node:util';
import type { StoredAlerts } from '../../src/model/alert-message.ts';
import type { GuestBelongings } from '../../src/model/belongings.ts';
import type { KeptBucket } from '../../src/model/bucket.ts';
import type { Config } from '../../src/model/config.ts';
import type { GuestHistory } from '../../src/model/guest-history.ts';
import type { GuestLedger, Memory } from '../../src/model/ledger.ts';
import type { LimitsLedger } from '../../src/model/limits-ledger.ts';
import type { StartsState } from '../../src/model/start.ts';
import type { StopState, WaitingStops } from '../../src/model/stop.ts';
import type { Store } from '../../src/ports/store.ts';

/** What is stored, for as long as the test runs; it never refuses. What could not be told is in `undelivered`. */
export function memoryStore(undelivered: string[] = []): Store {
  const ledgers = new Map<string, GuestLedger>();
  const memories = new Map<string, Memory>();
  const limits = new Map<string, LimitsLedger>();
  let alerts: StoredAlerts | undefined;
  const buckets = new Map<string, KeptBucket>();
  const stops = new Map<string, StopState>();
  const belongings = new Map<string, GuestBelongings>();
  let waitingStops: WaitingStops | undefined;
  let starts: StartsState | undefined;
  const histories = new Map<string, GuestHistory>();
  const savedAt = new Map<string, number>();
  let config: Config | undefined;
  return {
    ledger: (guest) => structuredClone(ledgers.get(guest)),
    saveLedger(guest, ledger) {
      ledgers.set(guest, structuredClone(ledger));
      return [];
    },
    removeLedger: (guest) => void ledgers.delete(guest),
    memory: (guest) => structuredClone(memories.get(guest)) ?? {},
    saveMemory(guest, memory) {
      if (Object.keys(memory).length > 0) memories.set(guest, structuredClone(memory));
      return [];
    },
    limits: (guest) => structuredClone(limits.get(guest)),
    saveLimits(guest, ledger) {
      limits.set(guest, structuredClone(ledger));
      return [];
    },
    hasLimits: (guest, ledger) => isDeepStrictEqual(limits.get(guest), ledger),
    alerts: () => structuredClone(alerts),
    saveAlerts(value) {
      alerts = structuredClone(value);
      return [];
    },
    keepUndelivered(lines) {
      undelivered.push(...lines);
      return [];
    },
    bucket: (guest) => structuredClone(buckets.get(guest)),
    saveBucket(guest, bucket) {
      buckets.set(guest, structuredClone(bucket));
      return [];
    },
    removeBucket: (guest) => void buckets.delete(guest),
    stop: (guest) => structuredClone(stops.get(guest)),
    saveStop(guest, stop) {
      stops.set(guest, structuredClone(stop));
      return [];
    },
    removeStop: (guest) => void stops.delete(guest),
    belongings: (guest) => structuredClone(belongings.get(guest)),
    saveBelongings(guest, value) {
      belongings.set(guest, structuredClone(value));
      return [];
    },
    removeBelongings: (guest) => void belongings.delete(guest),
    waitingStops: () => structuredClone(waitingStops),
    saveWaitingStops(value) {
      waitingStops = structuredClone(value);
      return [];
    },
    starts: () => structuredClone(starts),
    saveStarts(value) {
      starts = structuredClone(value);
      return [];
    },
    removeHistories(before, but) {
      for (const [guest, at] of savedAt) if (at < before && !but.has(guest)) histories.delete(guest);
    },
    history: (guest) => structuredClone(histories.get(guest)),
    saveHistory(guest, history) {
      savedAt.set(guest, Date.now());
      histories.set(guest, structuredClone(history));
      return [];
    },
    lastGoodConfig: () => structuredClone(config),
    saveGoodConfig(good) {
      config = structuredClone(good);
      return [];
    },
    takeRefusals: () => [],
  };
}
