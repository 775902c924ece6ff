import { once } from 'node:events';

export const wishesToEnd: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Aborts when somebody wishes to end: Ctrl-C, a terminal that is closed, a stop from outside. For the rest of this process
 * further wishes change nothing: whoever is impatient leaves no half of the clean-up behind.
 */
export function heedInterruption(): AbortSignal {
  const controller = new AbortController();
  const wish = (signal: NodeJS.Signals) => controller.abort(new Error(`ended by ${signal} before the story was over`));
  for (const name of wishesToEnd) process.on(name, wish);
  return controller.signal;
}

/** Resolves when the signal is aborted, or was before. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
