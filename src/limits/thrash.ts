import type { ThrashPolicy } from '../model/policy.ts';

/** What is done about a guest that does nothing but wait for its own memory, and what was. All times are monotonic milliseconds. */
export interface Thrash {
  /** The look from which the rate of hits is counted. */
  readonly from?: ThrashLook;
  /** Since when it thrashes. */
  readonly since?: number;
  /** Since when it does not any more. */
  readonly calmSince?: number;
  /** Somebody is told. */
  readonly isTold: boolean;
  readonly frozenAt?: number;
  /** When it was helped, lately. */
  readonly helps: readonly number[];
  /** What it has above its limit for now, bytes. */
  readonly extraBytes: number;
}

export interface ThrashLook {
  readonly atMs: number;
  /** How often it came to its limit, as the kernel counts it. */
  readonly hits: number;
  /** Share of the last ten seconds in which all of it waited for memory. */
  readonly stall: number;
}

/** `freeze`: it stands still from now on. `thaw`: it goes on, after its limit was written. */
export type ThrashStep = 'none' | 'freeze' | 'thaw';

export interface Thrashed {
  readonly thrash: Thrash;
  readonly step: ThrashStep;
  /** When to look again; absent: when something happens. */
  readonly wakeAt?: number;
}

export const NO_THRASH: Thrash = { isTold: false, helps: [], extraBytes: 0 };

/** Long enough for the disk to get to its end of what the guest asked for, short enough for whoever waits for the guest. */
export const FROZEN_MS = 2_000;
const TIMES = 3;
const WITHIN_MS = 3_600_000;
const TOLD_MS = 10_000;
const CALM_MS = 60_000;
const LOOK_MS = 1_000;
/** Less says nothing about a rate. */
const WINDOW_MS = 500;

/**
 * A look at a guest. Thrashing is to come to the limit again and again while all of it waits for memory most of the time, for as long
 * as the policy says. `spareBytes`: what the host could give.
 */
export function thrashed(before: Thrash, policy: ThrashPolicy, look: ThrashLook, spareBytes: number): Thrashed {
  const now = look.atMs;
  if (before.frozenAt !== undefined) return frozen(before, before.frozenAt, policy, now, spareBytes);
  const { from } = before;
  if (from !== undefined && now - from.atMs < WINDOW_MS) return at(before, now);
  const isSo = from !== undefined && isThrashing(policy, from, look);
  const thrash = followed({ ...before, from: look }, isSo, now);
  const isLong = thrash.since !== undefined && now - thrash.since >= policy.forMs;
  if (!isLong) return at(thrash, now);
  const told = { ...thrash, isTold: true };
  const mayHelp = policy.action === 'freeze' && recent(thrash.helps, now).length < TIMES;
  if (!mayHelp) return at(told, now);
  return { thrash: { ...told, frozenAt: now }, step: 'freeze', wakeAt: now + FROZEN_MS };
}

/** Whoever needs it to run, now: it is thawed, and not frozen again for what was seen before. */
export function letGo({ from: _, since: __, frozenAt: ___, ...thrash }: Thrash): Thrash {
  return thrash;
}

function frozen(before: Thrash, since: number, policy: ThrashPolicy, now: number, spareBytes: number): Thrashed {
  if (now - since < FROZEN_MS) return { thrash: before, step: 'none', wakeAt: since + FROZEN_MS };
  const extraBytes = before.extraBytes + (spareBytes >= policy.headroom ? policy.headroom : 0);
  const helps = [...recent(before.helps, now), now];
  return { thrash: { ...letGo(before), helps, extraBytes }, step: 'thaw', wakeAt: now + LOOK_MS };
}

function isThrashing({ hits, pressure }: ThrashPolicy, from: ThrashLook, to: ThrashLook): boolean {
  const aSecond = ((to.hits - from.hits) * 1000) / (to.atMs - from.atMs);
  return aSecond > hits && to.stall > pressure;
}

function followed({ since, calmSince, ...thrash }: Thrash, isSo: boolean, now: number): Thrash {
  if (isSo) return { ...thrash, since: since ?? now };
  const calm = calmSince ?? now;
  const isTold = thrash.isTold && now - calm < TOLD_MS;
  return { ...thrash, calmSince: calm, isTold, extraBytes: now - calm < CALM_MS ? thrash.extraBytes : 0 };
}

// The kernel does not tell of all of it: as long as somebody looks after the guest he looks again.
function at(thrash: Thrash, now: number): Thrashed {
  return { thrash, step: 'none', wakeAt: now + LOOK_MS };
}

function recent(helps: readonly number[], now: number): readonly number[] {
  return helps.filter((one) => now - one < WITHIN_MS);
}
