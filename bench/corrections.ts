import { existsSync, statSync } from 'node:fs';
import { eventually } from '../test/scenarios/eventually.ts';
import { openGuestShell } from '../test/scenarios/guest-shell.ts';
import { plugLoop, unplugLoop } from '../test/scenarios/loop-number.ts';
import type { LxcGuest } from '../test/scenarios/lxc-guest.ts';
import { nodePath, right, rounds, text } from './rounds.ts';

const FIRST = 1930;
/** What the rule states. */
const MODE = 0o600;

/** A new device each time: the same node is put right only so many times a minute. */
export async function printCorrections(lxcPath: string, guest: LxcGuest, interrupted: AbortSignal): Promise<void> {
  const init = await guest.initPid();
  const shell = await openGuestShell(lxcPath, guest.name);
  const corrected = (first: number, spoil: string, isRight: (node: string) => boolean) =>
    rounds(interrupted, async (round) => {
      const node = nodePath(init, first + round);
      plugLoop(first + round);
      await eventually(() => right(existsSync(node) && isRight(node)));
      const start = performance.now();
      await shell.run(`${spoil} /dev/loop${first + round}`);
      await eventually(() => right(existsSync(node) && isRight(node)));
      const ms = performance.now() - start;
      unplugLoop(first + round);
      await eventually(() => right(!existsSync(node)));
      return ms;
    });
  const hasMode = (node: string) => (statSync(node, { throwIfNoEntry: false })?.mode ?? 0) % 0o1000 === MODE;
  try {
    console.log(`deleted by the guest, and there again: ${text(await corrected(FIRST, 'rm', existsSync))}`);
    console.log(
      `opened to all by the guest, and as the rule says: ${text(await corrected(FIRST, 'chmod 666', hasMode))}`,
    );
  } finally {
    await shell.end();
  }
}
