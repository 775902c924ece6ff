import type { EventView, StopView } from '../ports/agent.ts';
import type { Asked } from './ask.ts';
import { askedAgain } from './asked-again.ts';
import type { ExitCode, Invocation } from './command.ts';
import { type Shown, showUntil } from './show-until.ts';

type AskAgain = () => Promise<Asked<readonly StopView[]>>;

/** Shows what becomes of these guests until each has ended or cannot. Where the agent ends it goes on with the next one. */
export async function untilStopped(
  begun: readonly StopView[],
  invocation: Invocation,
  askAgain: AskAgain,
): Promise<ExitCode> {
  const { terminal } = invocation;
  const known: Known = { waiting: new Set(inState(begun, 'stopping')), wedged: new Set(inState(begun, 'wedged')) };
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

const OVER: readonly string[] = ['stopped', 'wedged', 'withdrawn'];

function note({ kind, action, guest = '' }: EventView, { waiting, wedged }: Known): void {
  if (kind !== 'stop' || !OVER.includes(action ?? '')) return;
  if (action !== 'stopped') wedged.add(guest);
  waiting.delete(guest);
}

function inState(views: readonly StopView[], wanted: StopView['state']): readonly string[] {
  return views.flatMap(({ guest, state }) => (state === wanted ? guest : []));
}
