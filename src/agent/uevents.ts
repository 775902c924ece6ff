import { type DeviceChange, foldUevent } from '../devices/inventory.ts';
import { guestsOf, rulesTouched } from '../devices/touched.ts';
import type { Device } from '../model/device.ts';
import { numberText } from '../model/number.ts';
import type { Uevent } from '../model/uevent.ts';
import { reassign } from './reassign.ts';
import { lookAtSettling } from './settling.ts';
import type { World } from './world.ts';

/** Takes in hints about devices. Hints that arrive together are looked at together, the last one of a device counts. */
export interface UeventIntake {
  take(uevent: Uevent): void;
  /** Everything was looked at: no hint is worth a look any more. */
  clear(): void;
}

export function ueventIntake(world: World): UeventIntake {
  const hints = new Map<string, Uevent>();

  const look = (uevent: Uevent) => {
    // udev's word of the same end says less: it need not be of the device that is there now.
    if (isEnd(uevent, 'udev') && isEnd(hints.get(uevent.devpath), 'kernel')) return;
    if (hints.size === 0) queueMicrotask(flush);
    hints.delete(uevent.devpath); // the order of the last hints counts
    hints.set(uevent.devpath, uevent);
  };
  const flush = () => {
    const together = [...hints.values()];
    hints.clear();
    applyHints(world, together);
    lookAtSettling(
      world,
      together.map(({ devpath }) => devpath),
    );
  };
  return {
    take(uevent) {
      world.counters.add(`uevents_${uevent.group}_total`);
      world.seen = undefined;
      if (uevent.subsystem === 'block') world.limiter.lookAtDisks();
      if (isLoop(uevent)) world.leavings.lookAtLoops();
      if (uevent.group === 'udev') udevSpoke(world);
      if (!isAsked(uevent, world.asked)) return;
      if (isLeftToUdev(world, uevent)) {
        if (waitsForUdev(world, uevent)) world.udevDebt.owe(uevent.devpath);
        return;
      }
      if (!isEndOfFormer(world, uevent)) world.udevDebt.settle(uevent.devpath);
      look(uevent);
    },
    clear: () => hints.clear(),
  };
}

// The kernel tells so of a file that is attached, and of one that is detached.
function isLoop({ group, action, devpath }: Uevent): boolean {
  return group === 'kernel' && action === 'change' && /^\/devices\/virtual\/block\/loop\d+$/.test(devpath);
}

// Disks are heard of for the sake of what guests do with them.
function isAsked({ subsystem }: Uevent, { subsystems }: World['asked']): boolean {
  return subsystems === 'all' || subsystems.includes(subsystem);
}

function isEnd(uevent: Uevent | undefined, group: Uevent['group']): boolean {
  return uevent?.action === 'remove' && uevent.group === group;
}

function udevSpoke(world: World): void {
  world.udevDebt.heard();
  if (world.udev === 'silent') world.udev = 'running';
}

// The node goes at the kernel's remove, which comes first; it comes at udev's add, when links and permissions are final.
function isLeftToUdev(world: World, { group, action }: Uevent): boolean {
  return group === 'kernel' && action !== 'remove' && world.udev === 'running';
}

// A device whose module was loaded just now was there before, and stays while udev looks at it.
function waitsForUdev({ inventory }: World, { action, devpath }: Uevent): boolean {
  return (action === 'add' || action === 'move') && !inventory.get(devpath)?.unloaded;
}

// The kernel has told of the next device there before udev told of the end of this one.
function isEndOfFormer({ udevDebt }: World, uevent: Uevent): boolean {
  return isEnd(uevent, 'udev') && udevDebt.isOwed(uevent.devpath);
}

/**
 * Looks at the disk with this number: it is not the one that was decided on. The kernel counts a disk on also after its last
 * word about it, so no event need tell.
 */
export function lookAgain(world: World, number: string): void {
  for (const device of world.inventory.values()) {
    if (device.number === undefined || numberText(device.number) !== number) continue;
    const { devpath, subsystem } = device;
    applyHints(world, [{ group: 'udev', action: 'change', seqnum: 0n, subsystem, devpath }]);
  }
}

function applyHints(world: World, hints: readonly Uevent[]): void {
  const before = world.inventory;
  const changes: DeviceChange[] = [];
  for (const uevent of hints) {
    const fold = foldUevent(world.inventory, uevent, lookAt(world, uevent));
    world.inventory = fold.inventory;
    changes.push(...fold.changes);
  }
  const touched = rulesTouched(world.assignment.claims, changes);
  if (touched.length === 0) return;
  // Also when no guest of theirs is known yet: the first look at one that comes is at this assignment.
  reassign(world, before);
  for (const guest of guestsOf(touched, [...world.records.keys()])) world.queue.add(guest);
}

// At the kernel's remove sysfs still shows the device. At udev's it may already be back, which is for udev's add to say, where
// the kernel took it away before; where the kernel did not, udev was told so by somebody else, and it is there as before.
function lookAt({ ports: { devices }, inventory, asked }: World, uevent: Uevent): Device | undefined {
  const { devpath } = uevent;
  const known = inventory.get(devpath);
  const isAway = known === undefined || known.unloaded;
  const isGone = isEnd(uevent, 'kernel') || (isEnd(uevent, 'udev') && isAway);
  return isGone ? devices.readUnloaded(devpath, asked) : devices.read(devpath, asked);
}
