import { existsSync } from 'node:fs';
import { runShielded } from '../src/cli/demo/run-shielded.ts';
import { plugDisk, unplugDisk } from '../test/kernel/disk.ts';
import { loopctl } from '../test/scenarios/loop-number.ts';

const FIRST_LOOP = 3000;
const HAS_ZRAM = existsSync('/sys/class/zram-control/hot_add');

/** Block devices made for a comparison, each with its uevents; as many as are asked for, since the kernel sets no end to either kind. */
export interface Disks {
  /** By the kernel's name, in the order in which they were made. */
  readonly names: readonly string[];
  /** So many; ends early when it is to end. */
  plugTo(count: number, interrupted: AbortSignal): Promise<void>;
  /** Only what was made here. */
  unplugAll(): Promise<void>;
}

/** Every second one is a zram device where the kernel has them, all others are loop devices. */
export function createDisks(): Disks {
  const names: string[] = [];
  return {
    names,
    async plugTo(count, interrupted) {
      while (names.length < count) {
        interrupted.throwIfAborted();
        names.push(HAS_ZRAM && names.length % 2 === 1 ? plugDisk() : await plugLoop(FIRST_LOOP + names.length));
      }
    },
    async unplugAll() {
      for (let last = names.at(-1); last !== undefined; last = names.at(-1)) {
        if (last.startsWith('zram')) await unplugDisk(last);
        else await runShielded(loopctl, ['remove', last.slice('loop'.length)]);
        names.pop();
      }
    },
  };
}

async function plugLoop(number: number): Promise<string> {
  await runShielded(loopctl, ['add', String(number)]);
  return `loop${number}`;
}
