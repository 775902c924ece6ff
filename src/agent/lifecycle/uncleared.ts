import type { Refusal } from '../../model/failure.ts';

/** A runtime clears away after a guest in a moment, unless a hook of its own takes longer. */
const LONG_MS = 30_000;

/** What keeps a guest that has ended so long ago from being started again: who sees to it, number and start time; undefined: nothing yet. */
export function unclearedRefusal(guest: string, endedMs: number, keeper: string | undefined): Refusal | undefined {
  if (endedMs < LONG_MS || keeper === undefined) return undefined;
  const [pid = ''] = keeper.split(' ');
  return { code: 'W_UNCLEARED', subject: guest, detail: pid };
}
