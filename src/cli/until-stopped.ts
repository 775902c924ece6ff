import type { EventView, StopView, UnderWayView } from '../ports/agent.ts';
import type { ExitCode, Invocation } from './command.ts';
import { type Shown, show, showOverAgents } from './show-until.ts';

/** Shows what becomes of these guests until each has ended or cannot. Where the agent ends it goes on with the next one. */
export async function untilStopped(begun: readonly StopView[], invocation: Invocation): Promise<ExitCode> {
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
  const takeUp = (views: readonly UnderWayView[]) => {
    for (const guest of [...known.waiting]) {
      const view = views.find((one) => one.guest === guest);
      if (view?.stop === 'stopping') continue;
      const end = unseenEnd(guest, view);
      show(invocation, end);
      note(end, known);
    }
  };
  const lost = await showOverAgents(invocation, begun, shown, () => known.waiting.size > 0, takeUp);
  if (lost !== undefined) return terminal.fail(lost);
  return known.failed.size > 0 ? 1 : 0;
}

/** What the next agent knows of one that ended while there was none. */
function unseenEnd(guest: string, view: UnderWayView | undefined): EventView {
  const told = { number: view?.after ?? 0, time: new Date().toISOString(), kind: 'stop', guest } as const;
  if (view?.stop === 'wedged')
    return { ...told, severity: 'error', action: 'wedged', says: `${guest}: was killed, and does not end` };
  if (view?.stop === 'withdrawn')
    return { ...told, severity: 'warning', action: 'withdrawn', says: `${guest}: runs, and nobody stops it any more` };
  return { ...told, severity: view?.endedBadly ? 'warning' : 'info', action: 'stopped', says: `${guest}: has ended` };
}

interface Known {
  readonly waiting: Set<string>;
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

function inState(views: readonly StopView[], wanted: StopView['state']): readonly string[] {
  return views.flatMap(({ guest, state }) => (state === wanted ? guest : []));
}
