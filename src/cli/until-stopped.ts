import type { Refusal } from '../model/failure.ts';
import type { EventView, StopView } from '../ports/agent.ts';
import { type Asked, socketPath, unreachable } from './ask.ts';
import { askedAgain } from './asked-again.ts';
import type { ExitCode, Invocation } from './command.ts';
import { followEvents } from './follow-events.ts';

type AskAgain = () => Promise<Asked<readonly StopView[]>>;

/** Shows what becomes of these guests until each has ended or cannot. Where the agent ends it goes on with the next one. */
export async function untilStopped(
  begun: readonly StopView[],
  invocation: Invocation,
  askAgain: AskAgain,
): Promise<ExitCode> {
  const { terminal } = invocation;
  const known: Known = { waiting: new Set(inState(begun, 'stopping')), wedged: new Set(inState(begun, 'wedged')) };
  let views = begun;
  while (known.waiting.size > 0) {
    const lost = await showUntilLost(invocation, views, known);
    if (lost === undefined) break;
    const again = await askedAgain(askAgain, lost);
    if (!again.ok) return terminal.fail(again.refusal);
    views = again.value;
    const still = new Set(inState(views, 'stopping'));
    for (const guest of known.waiting.difference(still)) terminal.print(`${guest}: has ended`);
    known.waiting = still;
  }
  return known.wedged.size > 0 ? 1 : 0;
}

interface Known {
  waiting: Set<string>;
  readonly wedged: Set<string>;
}

/** Undefined: all are over. */
async function showUntilLost(
  { options, terminal }: Invocation,
  views: readonly StopView[],
  known: Known,
): Promise<Refusal | undefined> {
  const after = Math.min(...views.map((view) => view.after));
  try {
    for await (const event of followEvents(options, after)) {
      if (!isAbout(event, known.waiting)) continue;
      if (options.json) terminal.json(event);
      else terminal.print(event.says);
      note(event, known);
      if (known.waiting.size === 0) return undefined;
    }
    return { code: 'E_UNREACHABLE', subject: socketPath(options), detail: 'it ended' };
  } catch (error) {
    return unreachable(socketPath(options), error);
  }
}

const OVER: readonly string[] = ['stopped', 'wedged', 'withdrawn'];

function note({ kind, action, guest = '' }: EventView, { waiting, wedged }: Known): void {
  if (kind !== 'stop' || !OVER.includes(action ?? '')) return;
  if (action !== 'stopped') wedged.add(guest);
  waiting.delete(guest);
}

function inState(views: readonly StopView[], wanted: StopView['state']): readonly string[] {
  return views.flatMap(({ guest, state }) => (state === wanted ? guest : []));
}

function isAbout({ guest, kind, severity }: EventView, waiting: ReadonlySet<string>): boolean {
  return guest !== undefined && waiting.has(guest) && (kind === 'stop' || (kind === 'refusal' && severity !== 'info'));
}
