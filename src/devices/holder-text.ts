import type { Holder } from '../model/observed.ts';

/** A process for people: `scand (31)`. */
export function holderText({ command, pid }: Holder): string {
  return `${command} (${pid})`;
}
