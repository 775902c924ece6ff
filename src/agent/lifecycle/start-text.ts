import { isTriedAgain } from '../../lifecycle/start-order.ts';
import { printable } from '../../model/printable.ts';
import type { StartingGuest } from '../../model/start.ts';
import { readinessText } from './readiness.ts';
import { seconds } from './stop-text.ts';

/** What people are told when a start gets on; undefined: nothing. `before`: absent when it was asked for now. */
export function startText(
  before: StartingGuest | undefined,
  start: StartingGuest,
  runs: boolean,
  failedBy = 'nobody knows why',
): string | undefined {
  const { settings, since, by } = start;
  switch (start.phase) {
    case 'waiting':
      if (isTriedAgain(before, start)) return `was not started, and is tried again in ${pauseText(start)}: ${failedBy}`;
      return before === undefined || before.phase === 'held' ? waitingText(start) : undefined;
    case 'held':
      return `held until ${by} is ready`;
    case 'starting':
      return `${runs ? 'runs already' : 'is started'}; ready when ${printable(readinessText(settings.ready))}`;
    case 'ready':
      return before?.phase === 'late' ? 'ready, late' : `ready after ${seconds(since - (before?.since ?? since))}`;
    case 'late':
      return `not ready after ${seconds(settings.timeoutMs)}; those that wait for it ${LATE[settings.late]}`;
    case 'failed':
      return by === undefined ? 'could not be started' : `not started, since ${by} is not ready`;
  }
}

const LATE = { hold: 'wait on', continue: 'go on without it', fail: 'are not started' } as const;

function pauseText({ since, notBefore = since }: StartingGuest): string {
  return seconds(notBefore - since);
}

function waitingText(start: StartingGuest): string | undefined {
  const { settings, of, notBefore } = start;
  const { after } = settings;
  if (notBefore !== undefined) return `is started again in ${pauseText(start)}`;
  if (of !== undefined) return 'is started again when it has ended';
  return after.length === 0 ? undefined : `waits for ${after.join(', ')}`;
}
