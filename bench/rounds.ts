import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type Figures, figures } from './figures.ts';

export const ROUNDS = Number(process.env.ROUNDS ?? 20);
/** Between two rounds everything comes to rest. */
export const REST_MS = 150;

/** What each round took, in the unit that it answers. */
export async function rounds(interrupted: AbortSignal, one: (round: number) => Promise<number>): Promise<Figures> {
  const times: number[] = [];
  while (times.length < ROUNDS) {
    interrupted.throwIfAborted();
    times.push(await one(times.length));
    await pause(REST_MS);
  }
  return figures(times);
}

/** Whether a guest has the node of a loop device: what has its node may be opened. */
export function nodesOf(init: number): (number: number) => boolean {
  return (number) => existsSync(nodePath(init, number));
}

/** Where a guest's node of a loop device is for the host. */
export function nodePath(init: number, number: number): string {
  return `/proc/${init}/root/dev/loop${number}`;
}

export function right(is: boolean): void {
  if (!is) throw new Error('not yet');
}

export function text({ median, max, count }: Figures, aMillisecond = 1): string {
  const [middle, largest] = [median, max].map((value) => (value / aMillisecond).toFixed(1));
  return `median ${middle} ms, largest of ${count} ${largest} ms`;
}
