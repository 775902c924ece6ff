import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGadget, type Gadget, type GadgetOptions } from './gadget.ts';
import { plugUsb, type UsbDevice, unplugUsb } from './usb.ts';

/** A device of whatever kind that comes and goes. */
export interface Plug {
  plug(): Promise<void> | void;
  unplug(): Promise<void> | void;
}

export function emulated(device: UsbDevice): Plug {
  return { plug: () => plugUsb(device), unplug: () => unplugUsb(device) };
}

export function gadgetry(options: GadgetOptions): Plug {
  let gadget: Gadget | undefined;
  return {
    plug() {
      gadget = createGadget(options);
      gadget.plug();
    },
    unplug() {
      gadget?.destroy();
      gadget = undefined;
    },
  };
}

/** A file of the host as a disk; with a table, as sfdisk reads it, a disk of partitions. */
export function image(file: string, table?: string): Plug {
  return {
    plug() {
      execFileSync('truncate', ['--size=8M', file]);
      if (table !== undefined) execFileSync('sfdisk', ['--quiet', file], { input: table });
      execFileSync('losetup', ['--find', '--partscan', file]);
    },
    unplug() {
      const [device = ''] = execFileSync('losetup', ['--noheadings', '--output=NAME', '--associated', file], {
        encoding: 'utf8',
      }).split('\n');
      if (device !== '') execFileSync('losetup', ['--detach', device]);
      rmSync(file, { force: true });
    },
  };
}

/** The machine's own; it is there until it is unplugged. */
export const graphicsCard: Plug = { plug: () => drive('bind'), unplug: () => drive('unbind') };

const DEVICES = '/sys/bus/virtio/devices';
const GPU = '0x0010\n';

function drive(how: 'bind' | 'unbind'): void {
  const card = readdirSync(DEVICES).find((name) => readFileSync(join(DEVICES, name, 'device'), 'utf8') === GPU);
  if (card === undefined) throw new Error('the machine has no graphics card');
  if (existsSync(join(DEVICES, card, 'driver')) !== (how === 'bind'))
    writeFileSync(`/sys/bus/virtio/drivers/virtio_gpu/${how}`, card);
}
