import type { Refusal } from '../../model/failure.ts';
import type { StartingGuest } from '../../model/start.ts';
import type { World } from '../world.ts';
import { startText } from './start-text.ts';
import { seconds } from './stop-text.ts';

/** Tells how each of them got on since `before`; one that is not there was asked for now. */
export function tellStarts(
  { report, records }: World,
  before: ReadonlyMap<string, StartingGuest>,
  starts: readonly StartingGuest[],
  failedBy: (guest: string) => string | undefined,
): void {
  for (const start of causesFirst(starts)) {
    const { guest, phase } = start;
    const former = before.get(guest);
    if (former?.phase === phase && former.by === start.by) continue;
    const refusal = startRefusal(start, failedBy(guest));
    if (refusal !== undefined) report.refusal(refusal, { guest });
    const runs = records.get(guest)?.guest.instance !== undefined;
    const text = startText(former, start, runs, failedBy(guest));
    if (text !== undefined) report.fact({ kind: 'start', guest, action: phase, says: `${guest}: ${text}` });
  }
}

export function tellWithdrawnStart({ report }: World, guest: string, why: string): void {
  const says = `${guest}: is not started any more, since ${why}`;
  report.fact({ kind: 'start', guest, action: 'withdrawn', says });
}

// What became of one comes before what follows from it for others.
function causesFirst(starts: readonly StartingGuest[]): readonly StartingGuest[] {
  const byName = new Map(starts.map((start) => [start.guest, start]));
  const ordered = new Set(starts.filter(isEnd));
  const seen = new Set<string>();
  const enter = (start: StartingGuest | undefined): void => {
    if (start === undefined || seen.has(start.guest)) return;
    seen.add(start.guest);
    if (start.by !== undefined) enter(byName.get(start.by));
    ordered.add(start);
  };
  for (const start of starts) enter(start);
  return [...ordered];
}

function isEnd({ phase, by }: StartingGuest): boolean {
  return phase === 'ready' || phase === 'late' || (phase === 'failed' && by === undefined);
}

/** What is wrong with a start; undefined: nothing. */
export function startRefusal(start: StartingGuest, failedBy: string | undefined): Refusal | undefined {
  const { guest: subject, phase, by, settings } = start;
  switch (phase) {
    case 'late':
      return { code: 'W_LATE', subject, detail: seconds(settings.timeoutMs) };
    case 'held':
      return { code: 'W_HELD', subject, detail: by ?? '' };
    case 'failed':
      return {
        code: 'E_START',
        subject,
        detail: by === undefined ? (failedBy ?? 'nobody knows why') : `it waits for ${by}`,
      };
    default:
      return undefined;
  }
}
