import type { Victim } from '../model/alert.ts';
import { printable } from '../model/printable.ts';

/** A process that the kernel killed, as people are told of it. */
export function victimText({ pid, command }: Victim): string {
  return `${printable(command)} (process ${pid})`;
}
