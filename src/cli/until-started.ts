import type { Refusal } from '../model/failure.ts';
import type { EventView, StartView } from '../ports/agent.ts';
import { type Asked, socketPath, unreachable } from './ask.ts';
import { askedAgain } from './asked-again.ts';
import type { ExitCode, Invocation } from './command.ts';
import { followEvents } from './follow-events.ts';

/** Guests whose start goes on, and those of which nothing more comes by itself, with how it ended. */
interface Known {
  readonly open: Set<string>;
  readonly over: Map<string, string>;
}

/** Shows how these guests start, until each is ready, or nothing more comes of it. Where the agent ends it goes on with the next one. */
export async function untilStarted(
  begun: readonly StartView[],
  invocation: Invocation,
  askAgain: () => Promise<Asked<readonly StartView[]>>,
): Promise<ExitCode> {
  const { terminal } = invocation;
  const known: Known = { open: new Set(begun.map(({ guest }) => guest)), over: new Map() };
  let after = Math.min(...begun.map((view) => view.after));
  while (known.open.size > 0) {
    const lost = await showUntilLost(invocation, after, known);
    if (lost === undefined) break;
    const again = await askedAgain(askAgain, lost);
    if (!again.ok) return terminal.fail(again.refusal);
    after = Math.min(...again.value.map((view) => view.after));
  }
  return [...known.over.values()].every((end) => end === 'ready') ? 0 : 1;
}

/** Undefined: all are over. */
async function showUntilLost(
  { options, terminal }: Invocation,
  after: number,
  known: Known,
): Promise<Refusal | undefined> {
  try {
    for await (const event of followEvents(options, after)) {
      if (!isAbout(event, known)) continue;
      if (options.json) terminal.json(event);
      else terminal.print(event.says);
      note(event, known);
      if (known.open.size === 0) return undefined;
    }
    return { code: 'E_UNREACHABLE', subject: socketPath(options), detail: 'it ended' };
  } catch (error) {
    return unreachable(socketPath(options), error);
  }
}

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

function isAbout({ guest = '', kind, severity }: EventView, { open, over }: Known): boolean {
  if (!open.has(guest) && !over.has(guest)) return false;
  return kind === 'start' || kind === 'stop' || (kind === 'refusal' && severity !== 'info');
}
