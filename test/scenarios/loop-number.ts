import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { noteLoops } from '../kernel/noted.ts';

/** The program that plugs them. */
export const loopctl = join(import.meta.dirname, '../../native/build/fixtures/loopctl');

/** Plugs loop devices in by number; each is a device of its own that never existed before. */
export function plugLoop(first: number, count = 1): void {
  noteLoops(first, count);
  execFileSync(loopctl, ['add', String(first), String(count)]);
}

export function unplugLoop(first: number, count = 1): void {
  execFileSync(loopctl, ['remove', String(first), String(count)]);
}
