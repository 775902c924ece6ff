import { existsSync, readdirSync } from 'node:fs';
import { runShielded } from '../src/cli/demo/run-shielded.ts';
import { plugDisk, unplugDisk } from '../test/kernel/disk.ts';
import { eventually } from '../test/scenarios/eventually.ts';
import { loopctl } from '../test/scenarios/loop-number.ts';
import { inMachine } from '../test/scenarios/namespace.ts';
import { createGadget, type Gadget, SLOTS } from '../test/vm/inside/gadget.ts';

const FIRST_LOOP = 3000;
/** The controllers that its kernel emulates. */
const USB_DISKS = inMachine ? SLOTS : 0;
const HAS_ZRAM = existsSync('/sys/class/zram-control/hot_add');

/** Block devices made for a comparison, each with its uevents; as many as are asked for, since the kernel sets no end to loop and zram devices. */
export interface Disks {
  /** By the kernel's name, in the order in which they were made. */
  readonly names: readonly string[];
  /** So many; ends early when it is to end. */
  plugTo(count: number, interrupted: AbortSignal): Promise<void>;
  /** Only what was made here. */
  unplugAll(): Promise<void>;
}

/** USB disks first, where there are controllers; then every second one is a zram device where the kernel has them. All others are loop devices. */
export function createDisks(): Disks {
  const names: string[] = [];
  const gadgets: Gadget[] = [];
  return {
    names,
    async plugTo(count, interrupted) {
      while (names.length < count) {
        interrupted.throwIfAborted();
        if (gadgets.length < USB_DISKS) names.push(await plugGadget(gadgets));
        else names.push(HAS_ZRAM && names.length % 2 === 1 ? plugDisk() : await plugLoop(FIRST_LOOP + names.length));
      }
    },
    async unplugAll() {
      for (let last = names.at(-1); last !== undefined; last = names.at(-1)) {
        if (last.startsWith('zram')) await unplugDisk(last);
        if (last.startsWith('loop')) await runShielded(loopctl, ['remove', last.slice('loop'.length)]);
        names.pop();
      }
      for (const gadget of gadgets.splice(0)) gadget.destroy();
    },
  };
}

async function plugLoop(number: number): Promise<string> {
  await runShielded(loopctl, ['add', String(number)]);
  return `loop${number}`;
}

async function plugGadget(gadgets: Gadget[]): Promise<string> {
  const before = new Set(readdirSync('/sys/block'));
  const slot = gadgets.length;
  const gadget = createGadget({ name: `disk${slot}`, vendor: 0x0525, product: 0xa4a5, functions: ['mass_storage'] });
  gadgets.push(gadget);
  gadget.plug(slot);
  return eventually(() => {
    const found = readdirSync('/sys/block').find((name) => name.startsWith('sd') && !before.has(name));
    if (found === undefined) throw new Error('the disk is not there yet');
    return found;
  });
}
