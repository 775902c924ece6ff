import type { World } from '../world.ts';

/** Milliseconds since 1970. */
export function calendarMs({ ports: { clock } }: World): number {
  return Date.parse(clock.calendar());
}
