import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/ports/clock.ts';

/** A clock that goes on when the test says so. */
export interface HandClock extends Clock {
  /** Goes on, and stops at every alarm on the way until all that it set off has come to rest. */
  pass(ms: number): Promise<void>;
  /** When the next alarm rings; undefined: none is set. */
  next(): number | undefined;
  /** Whoever set an alarm is no more. */
  silence(): void;
  /** The host sleeps: only what counts its sleep goes on. */
  sleep(ms: number): void;
}

interface Alarm {
  readonly at: number;
  readonly call: () => void;
}

export function handClock(now = 1_000): HandClock {
  const alarms = new Set<Alarm>();
  let sleptMs = 0;
  const first = () => [...alarms].sort((a, b) => a.at - b.at)[0];
  return {
    now: () => now,
    bootId: 'boot1',
    sinceBoot: () => now + 60_000,
    uptime: () => now + 60_000 + sleptMs,
    sleep: (ms) => {
      sleptMs += ms;
    },
    calendar: () => new Date(now).toISOString(),
    wake(at, call) {
      const alarm = { at, call };
      alarms.add(alarm);
      return () => void alarms.delete(alarm);
    },
    next: () => first()?.at,
    silence: () => alarms.clear(),
    async pass(ms) {
      await atRest();
      const until = now + ms;
      for (let alarm = first(); alarm !== undefined && alarm.at <= until; alarm = first()) {
        alarms.delete(alarm);
        now = Math.max(now, alarm.at);
        alarm.call();
        await atRest();
      }
      now = until;
      await atRest();
    },
  };
}

/** Resolves when every promise that could go on without a timer or the kernel has gone on. */
export async function atRest(): Promise<void> {
  await setImmediate();
}
