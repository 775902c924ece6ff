import type { EventView, StartView, UnderWayView } from '../ports/agent.ts';
import type { ExitCode, Invocation } from './command.ts';
import { type Shown, show, showOverAgents } from './show-until.ts';

/** Guests whose start goes on, and those of which nothing more comes by itself, with how it ended. */
interface Known {
  readonly open: Set<string>;
  readonly over: Map<string, string>;
  /** Those whose stop before hurt them, as far as was seen. */
  readonly hurt: Set<string>;
}

/** Shows how these guests start, until each is ready, or nothing more comes of it. Where the agent ends it goes on with the next one. */
export async function untilStarted(
  begun: readonly StartView[],
  invocation: Invocation,
  command: 'start' | 'restart',
): Promise<ExitCode> {
  const { terminal, options } = invocation;
  const known: Known = { open: new Set(begun.map(({ guest }) => guest)), over: new Map(), hurt: new Set() };
  const shown: Shown = {
    kinds: ['start', 'stop'],
    isAbout: (guest) => known.open.has(guest) || known.over.has(guest),
    isLast(event) {
      note(event, known);
      if (command === 'restart' && !options.kill) noteHurt(event, known);
      return known.open.size === 0;
    },
  };
  const takeUp = (views: readonly UnderWayView[]) => {
    for (const guest of goingOn(known)) {
      const event = unseen(guest, views);
      if (event.action === known.over.get(guest)) continue;
      if (LAST.includes(event.action)) show(invocation, event);
      note(event, known);
    }
  };
  const lost = await showOverAgents(invocation, begun, shown, () => known.open.size > 0, takeUp);
  if (lost !== undefined) return terminal.fail(lost);
  const isWell = known.hurt.size === 0 && [...known.over.values()].every((end) => end === 'ready');
  return isWell ? 0 : 1;
}

// One that is late may be ready after all, and one that is held with it.
function goingOn({ open, over }: Known): readonly string[] {
  return [...open, ...[...over].flatMap(([guest, end]) => (end === 'late' || end === 'held' ? guest : []))];
}

/** What the next agent knows of one, as if it told that now. */
function unseen(guest: string, views: readonly UnderWayView[]) {
  const view = views.find((one) => one.guest === guest);
  const action = view?.start ?? 'withdrawn';
  const [severity, says] = UNSEEN[action];
  const told = { number: view?.after ?? 0, time: new Date().toISOString(), kind: 'start', guest } as const;
  return { ...told, severity, action, says: `${guest}: ${says}` };
}

const UNSEEN: Readonly<Record<UnderWayView['start'], readonly [EventView['severity'], string]>> = {
  waiting: ['info', 'waits'],
  held: ['warning', 'is held'],
  starting: ['info', 'is started'],
  ready: ['info', 'is ready'],
  late: ['warning', 'is late'],
  failed: ['error', 'could not be started'],
  withdrawn: ['info', 'is not started any more'],
};

const LAST = ['ready', 'late', 'held', 'failed', 'withdrawn'];

// One that is held goes on when the other is ready after all.
function note({ kind, action = '', guest = '' }: EventView, { open, over }: Known): void {
  if (kind !== 'start') return;
  if (LAST.includes(action)) {
    open.delete(guest);
    over.set(guest, action);
  } else {
    open.add(guest);
    over.delete(guest);
  }
}

function noteHurt({ kind, severity, action, guest = '' }: EventView, { hurt }: Known): void {
  if (kind === 'stop' && action === 'stopped' && severity !== 'info') hurt.add(guest);
}
