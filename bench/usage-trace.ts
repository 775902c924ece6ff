import { setTimeout as pause } from 'node:timers/promises';
import type { Usage } from '../src/limits/bucket.ts';

const EVERY_MS = 5;

/** CPU time that was used, read every five milliseconds until `stop`. */
export interface Trace {
  readonly readings: readonly Usage[];
  stop(): void;
}

export function traceOf(usage: () => Usage): Trace {
  const readings: Usage[] = [usage()];
  const timer = setInterval(() => readings.push(usage()), EVERY_MS);
  return {
    readings,
    stop() {
      clearInterval(timer);
      readings.push(usage());
    },
  };
}

/** A trace of so long of each. */
export async function traced(
  sources: readonly (() => Usage)[],
  seconds: number,
  signal: AbortSignal,
): Promise<readonly (readonly Usage[])[]> {
  const traces = sources.map(traceOf);
  try {
    await pause(seconds * 1000, undefined, { signal });
  } finally {
    for (const { stop } of traces) stop();
  }
  return traces.map(({ readings }) => readings);
}

/** The most that was used in any window above what the rate gives in it, seconds: a bucket never lets more through than it holds. */
export function mostAbove(readings: readonly Usage[], rate: number): number {
  let [lowest, most] = [Number.POSITIVE_INFINITY, 0];
  for (const { atUs, usedUs } of readings) {
    const above = usedUs - rate * atUs;
    lowest = Math.min(lowest, above);
    most = Math.max(most, above - lowest);
  }
  return most / 1e6;
}

/** CPU seconds that were used in a second. */
export function shareOf(readings: readonly Usage[]): number {
  const [first, last] = ends(readings);
  return (last.usedUs - first.usedUs) / (last.atUs - first.atUs);
}

/** The same over as many whole periods as there are: a quota is used in one piece of each. */
export function shareOfPeriods(readings: readonly Usage[], periodUs: number): number {
  const [first, last] = ends(readings);
  const lengthUs = Math.floor((last.atUs - first.atUs) / periodUs) * periodUs;
  return (usedAt(readings, first.atUs + lengthUs) - first.usedUs) / lengthUs;
}

function usedAt(readings: readonly Usage[], atUs: number): number {
  const at = readings.findIndex((reading) => reading.atUs >= atUs);
  const [before, after] = [readings[at - 1], readings[at]];
  if (before === undefined || after === undefined) throw new Error('that was not read');
  const part = (atUs - before.atUs) / (after.atUs - before.atUs);
  return before.usedUs + part * (after.usedUs - before.usedUs);
}

/** A time in which it ran, or was held back. */
export interface Stretch {
  readonly runs: boolean;
  readonly from: Usage;
  readonly to: Usage;
}

const WINDOW_US = 20_000;

/** When it ran and when it was held back, to a few milliseconds; what is shorter than `leastMs` is a part of what is around it. */
export function stretches(readings: readonly Usage[], leastMs = 0): readonly Stretch[] {
  const found: Stretch[] = [];
  let start = 0;
  for (const [at, to] of readings.entries()) {
    while (to.atUs - (readings[start + 1]?.atUs ?? to.atUs) >= WINDOW_US) start += 1;
    const from = readings[start] ?? to;
    if (to.atUs - from.atUs < WINDOW_US) continue;
    const runs = (to.usedUs - from.usedUs) / (to.atUs - from.atUs) > 0.5;
    const last = found.at(-1);
    if (last?.runs === runs) found[found.length - 1] = { ...last, to };
    else found.push({ runs, from: middle(readings, start, at), to });
  }
  return withoutShort(found, leastMs * 1000);
}

/** The length of a stretch, seconds. */
export function secondsOf({ from, to }: Pick<Stretch, 'from' | 'to'>): number {
  return (to.atUs - from.atUs) / 1e6;
}

function withoutShort(found: readonly Stretch[], leastUs: number): readonly Stretch[] {
  const kept: Stretch[] = [];
  for (const one of found) {
    const last = kept.at(-1);
    const isPart = last !== undefined && (last.runs === one.runs || one.to.atUs - one.from.atUs < leastUs);
    if (isPart) kept[kept.length - 1] = { ...last, to: one.to };
    else kept.push(one);
  }
  return kept.map((one, at) => ({ ...one, to: kept[at + 1]?.from ?? one.to }));
}

function middle(readings: readonly Usage[], from: number, to: number): Usage {
  return readings[Math.round((from + to) / 2)] ?? ends(readings)[0];
}

function ends(readings: readonly Usage[]): readonly [Usage, Usage] {
  const [first, last] = [readings[0], readings.at(-1)];
  if (first === undefined || last === undefined) throw new Error('nothing was read');
  return [first, last];
}
