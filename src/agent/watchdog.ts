import type { Clock } from '../ports/clock.ts';

export interface Watchdog {
  /** Whoever hears nothing for so long ends and starts the agent again. */
  readonly patienceMs: number;
  /** Whether the agent is getting on with its work. */
  readonly goesOn: () => boolean;
  /** Says so; resolves when it was said. */
  readonly tell: () => Promise<unknown>;
}

/** Tells twice within the patience that the agent gets on, and nothing while it does not. */
export function watch({ patienceMs, goesOn, tell }: Watchdog, clock: Pick<Clock, 'now' | 'wake'>): void {
  const again = () => clock.wake(clock.now() + patienceMs / 2, ring);
  const ring = async () => {
    if (goesOn()) await tell();
    again();
  };
  again();
}
