import type { GuestHistory } from '../model/guest-history.ts';
import type { CrashSettings } from '../model/lifecycle.ts';

const HOUR_MS = 3_600_000;
/** So many crashes are remembered for people. */
const REMEMBERED = 100;

/** A guest that ended although nobody had asked for that. */
export interface Crash {
  readonly at: number;
  /** How long it ran. */
  readonly ranMs: number;
  /** From 0 to 1: guests that crash together are not started again together. */
  readonly chance: number;
}

/** What becomes of it: its history, and when it is started again; absent: not by itself. */
export interface AfterCrash {
  readonly history: GuestHistory;
  readonly restartAt?: number;
}

export function crashed(before: GuestHistory, settings: CrashSettings | undefined, crash: Crash): AfterCrash {
  const crashes = [...before.crashes, crash.at].slice(-REMEMBERED);
  if (settings === undefined) return { history: { ...before, crashes } };
  const inARow = crash.ranMs >= settings.stableMs ? 0 : before.inARow;
  // The calendar may have been set back since; the next restart is to come.
  const lately = before.restarts.filter((at) => at > crash.at - HOUR_MS && at <= crash.at + settings.mostMs);
  if (before.isQuarantined || lately.length >= settings.budget)
    return { history: { ...before, crashes, restarts: lately, inARow, isQuarantined: true } };
  const restartAt = crash.at + delayMs(settings, inARow, crash.chance);
  return {
    history: { ...before, crashes, restarts: [...lately, restartAt], inARow: inARow + 1 },
    restartAt,
  };
}

/** Somebody starts it: nothing that was counts against it any more. */
export function released(history: GuestHistory): GuestHistory {
  const { quarantinedFor: _, hostDeaths: __, ...rest } = history;
  return { ...rest, restarts: [], reboots: [], inARow: 0, isQuarantined: false };
}

// Half of it at most is chance, so that each is longer than the one before.
function delayMs({ delayMs: first, mostMs }: CrashSettings, inARow: number, chance: number): number {
  return Math.round(Math.min(first * 2 ** Math.min(inARow, 30) * (1 + chance / 2), mostMs));
}
