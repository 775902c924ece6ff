import type { EventView } from '../../ports/agent.ts';
import { aborted } from './interruption.ts';
import type { Stage } from './stage.ts';

const PATIENCE_MS = 10_000;

/** What a change of the host came to. Both times are milliseconds since just before the host was changed. */
export interface Changed<T> {
  readonly made: T;
  /** The agent's own words about what it did. */
  readonly says: string;
  /** When whoever changed the host had returned. */
  readonly calledMs: number;
  /** When the agent said that it had done it; it may be earlier than `calledMs`: the agent hears the kernel, not the caller. */
  readonly knownMs: number;
}

/** Changes the host and waits until the agent says that it did `verb`; throws when it does not, or when somebody wishes to end. */
export async function changed<T>(stage: Stage, verb: string, change: () => Promise<T>): Promise<Changed<T>> {
  const { agent, interrupted } = stage;
  const heard = Promise.withResolvers<{ readonly event: EventView; readonly at: number }>();
  const stop = agent.control.follow((event) => {
    if (event.action?.includes(verb)) heard.resolve({ event, at: performance.now() });
  });
  const began = performance.now();
  try {
    const made = await change();
    const returned = performance.now();
    const { event, at } = await Promise.race([heard.promise, tired(verb, interrupted)]);
    return { made, says: event.says, calledMs: returned - began, knownMs: at - began };
  } finally {
    stop();
  }
}

async function tired(verb: string, interrupted: AbortSignal): Promise<never> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  await aborted(AbortSignal.any([interrupted, patience]));
  throw interrupted.aborted ? interrupted.reason : new Error(`no ${verb} within ${PATIENCE_MS} ms`);
}
