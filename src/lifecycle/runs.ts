import type { EndReason, GuestHistory, OpenEnd, Run } from '../model/guest-history.ts';

/** That start of the guest runs; what was known to run before has ended without anybody seeing it. */
export function withRun(before: GuestHistory, run: Run, at: number): GuestHistory {
  if (before.run !== undefined && isRun(before.run, run)) return withKeeper(before, before.run, run.keeper);
  return { ...withoutLost(before, run.bootId, at), run, startedAt: at };
}

/** It does not run, as somebody finds who was not there when it ended. */
export function withoutRun(before: GuestHistory, bootId: string, at: number): GuestHistory {
  const { run: _, ...after } = withoutLost(before, bootId, at);
  return before.run === undefined ? before : after;
}

export function withEnd(before: GuestHistory, why: EndReason, at: number): GuestHistory {
  const { run: _, ending: __, hostDeaths: ___, isUnclean, ...after } = before;
  return { ...after, end: { at, why }, ...(isUnclean && why !== 'stopped' && { isUnclean }) };
}

/** The host has outlived the first moments of that run. */
export function withLasted(before: GuestHistory, run: Run): GuestHistory {
  if (before.run === undefined || before.run.hasLasted || !isRun(before.run, run)) return before;
  const { hostDeaths: _, ...after } = before;
  return { ...after, run: { ...before.run, hasLasted: true } };
}

/** Nobody had asked for its end; what it was is found out. */
export function withOpenEnd(before: GuestHistory, ending: OpenEnd): GuestHistory {
  return { ...before, ending };
}

/** An end that the agent before had seen, and had not found out. */
export function openEndOf({ run, ending }: GuestHistory, bootId: string): OpenEnd | undefined {
  return run?.bootId === bootId ? ending : undefined;
}

// With the host it ended at a time that nobody knows.
function withoutLost(before: GuestHistory, bootId: string, at: number): GuestHistory {
  if (before.run === undefined) return before;
  const { ending: _, hostDeaths, ...after } = before;
  if (before.run.bootId === bootId) return { ...after, end: { at, why: 'unseen' } };
  const deaths = before.run.hasLasted ? undefined : { count: (hostDeaths?.count ?? 0) + 1, bootId };
  return { ...after, end: { at, why: 'host' }, isUnclean: true, ...(deaths && { hostDeaths: deaths }) };
}

function withKeeper(before: GuestHistory, run: Run, keeper: string | undefined): GuestHistory {
  return keeper === undefined || keeper === run.keeper ? before : { ...before, run: { ...run, keeper } };
}

function isRun(known: Run | undefined, run: Run): boolean {
  return known?.instance === run.instance && known.bootId === run.bootId;
}
