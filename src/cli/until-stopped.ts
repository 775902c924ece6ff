import type { EventView, StopView } from '../ports/agent.ts';
import type { Asked } from './ask.ts';
import { askedAgain } from './asked-again.ts';
import type { ExitCode, Invocation } from './command.ts';
import { type Shown, show, showUntil } from './show-until.ts';

type AskAgain = (guests: readonly string[]) => Promise<Asked<readonly StopView[]>>;

/** Shows what becomes of these guests until each has ended or cannot. Where the agent ends it goes on with the next one. */
export async function untilStopped(
  begun: readonly StopView[],
  invocation: Invocation,
  askAgain: AskAgain,
): Promise<ExitCode> {
  const { terminal, options } = invocation;
  const known: Known = {
    waiting: new Set(inState(begun, 'stopping')),
    failed: new Set(inState(begun, 'wedged')),
    isKill: options.kill === true,
  };
  const shown: Shown = {
    kinds: ['stop'],
    isAbout: (guest) => known.waiting.has(guest),
    isLast(event) {
      note(event, known);
      return known.waiting.size === 0;
    },
  };
  let views = begun;
  while (known.waiting.size > 0) {
    const lost = await showUntil(invocation, Math.min(...views.map(({ after }) => after)), shown);
    if (lost === undefined) break;
    const again = await askedAgain(() => askAgain([...known.waiting]), lost);
    if (!again.ok) return terminal.fail(again.refusal);
    views = again.value;
    const still = new Set(inState(views, 'stopping'));
    for (const guest of known.waiting.difference(still)) show(invocation, unseenEnd(guest, views));
    noteUnseen(views, known);
    known.waiting = still;
  }
  return known.failed.size > 0 ? 1 : 0;
}

/** What the next agent knows of one that ended while there was none. */
function unseenEnd(guest: string, views: readonly StopView[]): EventView {
  const view = views.find((one) => one.guest === guest);
  const told = { number: view?.after ?? 0, time: new Date().toISOString(), kind: 'stop', guest } as const;
  if (view?.state === 'wedged')
    return { ...told, severity: 'error', action: 'wedged', says: `${guest}: was killed, and does not end` };
  return { ...told, severity: view?.endedBadly ? 'warning' : 'info', action: 'stopped', says: `${guest}: has ended` };
}

interface Known {
  waiting: Set<string>;
  readonly failed: Set<string>;
  /** It was to be killed. */
  readonly isKill: boolean;
}

const OVER: readonly string[] = ['stopped', 'wedged', 'withdrawn'];

function note({ kind, action, severity, guest = '' }: EventView, { waiting, failed, isKill }: Known): void {
  if (kind !== 'stop' || !OVER.includes(action ?? '')) return;
  if (action !== 'stopped' || (severity !== 'info' && !isKill)) failed.add(guest);
  waiting.delete(guest);
}

function noteUnseen(views: readonly StopView[], { waiting, failed, isKill }: Known): void {
  for (const { guest, state, endedBadly } of views)
    if (waiting.has(guest) && (state === 'wedged' || (endedBadly && !isKill))) failed.add(guest);
}

function inState(views: readonly StopView[], wanted: StopView['state']): readonly string[] {
  return views.flatMap(({ guest, state }) => (state === wanted ? guest : []));
}
