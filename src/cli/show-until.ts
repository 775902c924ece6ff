import type { Refusal } from '../model/failure.ts';
import type { EventView, UnderWayView } from '../ports/agent.ts';
import { socketPath, unreachable } from './ask.ts';
import { askUnderWay } from './ask-under-way.ts';
import { askedAgain } from './asked-again.ts';
import type { Invocation } from './command.ts';
import { followEvents } from './follow-events.ts';

/** Whose events are shown, of which kinds besides refusals, and which one is the last of all. */
export interface Shown {
  readonly isAbout: (guest: string) => boolean;
  readonly kinds: readonly EventView['kind'][];
  readonly isLast: (event: EventView) => boolean;
}

export function show({ options, terminal }: Pick<Invocation, 'options' | 'terminal'>, event: EventView): void {
  if (options.json) terminal.json(event);
  else terminal.print(event.says);
}

/**
 * Shows what comes of these guests while any of it is to come, also of the agents after this one: `takeUp` is told what each of those
 * knows. Undefined: all has come; otherwise why nobody goes on with it.
 */
export async function showOverAgents(
  invocation: Invocation,
  begun: readonly { readonly after: number }[],
  shown: Shown,
  isToCome: () => boolean,
  takeUp: (views: readonly UnderWayView[]) => void,
): Promise<Refusal | undefined> {
  let views = begun;
  while (isToCome()) {
    const lost = await showUntil(invocation, Math.min(...views.map(({ after }) => after)), shown);
    if (lost === undefined) return undefined;
    const again = await askedAgain(() => askUnderWay(invocation.options), lost);
    if (!again.ok) return again.refusal;
    views = again.value;
    takeUp(again.value);
  }
  return undefined;
}

async function showUntil(
  { options, terminal }: Invocation,
  after: number,
  { isAbout, kinds, isLast }: Shown,
): Promise<Refusal | undefined> {
  try {
    for await (const event of followEvents(options, after)) {
      const isShown = kinds.includes(event.kind) || (event.kind === 'refusal' && event.severity !== 'info');
      if (!isShown || event.guest === undefined || !isAbout(event.guest)) continue;
      show({ options, terminal }, event);
      if (isLast(event)) return undefined;
    }
    return { code: 'E_UNREACHABLE', subject: socketPath(options), detail: 'it ended' };
  } catch (error) {
    return unreachable(socketPath(options), error);
  }
}
