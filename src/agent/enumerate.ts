import { type DeviceChange, foldEnumeration } from '../devices/inventory.ts';
import { sameValue } from '../devices/same.ts';
import { guestsTouched } from '../devices/touched.ts';
import type { Device } from '../model/device.ts';
import { paced } from './paced.ts';
import { reassign } from './reassign.ts';
import { forgetSight } from './sight.ts';
import type { World } from './world.ts';

/** Looks at every device and every guest: what heals whatever was missed. */
export function enumerate(world: World, reason: string): void {
  lookAtDevices(world, reason, 'known');
  for (const name of world.records.keys()) lookAtGuest(world, name);
}

// With its own eyes: whatever is believed may be what was missed.
function lookAtGuest({ records, queue }: World, name: string): void {
  const record = records.get(name);
  if (record !== undefined) forgetSight(record);
  queue.add(name);
}

/** `known`: what was not asked for before is no new device. */
function lookAtDevices(world: World, reason: string, unseen: 'new' | 'known'): readonly DeviceChange[] {
  const { devices, clock } = world.ports;
  const started = clock.now();
  const found = devices.enumerate(world.asked);
  const owed = owedByUdev(world, found);
  world.udevDebt.replace(owed);
  const fold = foldEnumeration(
    world.inventory,
    found.filter(({ devpath }) => !owed.has(devpath)),
  );
  const before = unseen === 'new' ? world.inventory : fold.inventory;
  world.inventory = fold.inventory;
  reassign(world, before);
  world.limiter.lookAtDisks();
  world.leavings.lookAtLoops();
  world.counters.add('enumerations_total');
  const took = (clock.now() - started).toFixed(0);
  world.report.fact({ kind: 'uevents', says: `${found.length} devices enumerated in ${took} ms (${reason})` });
  return fold.changes;
}

// Their links, properties and permissions are not final; they come with udev's event. A busy udevd may have been misled into
// forgetting a device that was final long ago: no event of it will come.
function owedByUdev({ udev, udevDebt, inventory, ports }: World, found: readonly Device[]): ReadonlySet<string> {
  if (udev !== 'running') return new Set();
  const isBusy = ports.devices.udevIsBusy();
  const isNew = (device: Device) => !isSamePlug(inventory.get(device.devpath), device);
  const isOwed = (device: Device) => udevDebt.isOwed(device.devpath) || (isBusy && isNew(device));
  // Of a device whose module is not loaded udev says nothing.
  const isEarly = ({ unrecorded, unloaded }: Device) => unrecorded && !unloaded;
  return new Set(found.filter((device) => isEarly(device) && isOwed(device)).map(({ devpath }) => devpath));
}

function isSamePlug(before: Device | undefined, now: Device): boolean {
  return before !== undefined && sameValue(before.number, now.number) && before.diskseq === now.diskseq;
}

/** Enumerations on demand: the first at once, further ones not before `restMs` have passed, however many are asked for. */
export interface Enumerator {
  /** With a guest, only that one is looked at besides those whose devices have changed. */
  ask(reason: string, guest?: string): void;
}

const REST_MS = 250;

export function createEnumerator(world: World, afterwards: () => void): Enumerator {
  let first: string | undefined;
  let wanted: Set<string> | 'all' = new Set();
  const runSoon = paced(world.ports.clock, REST_MS, () => {
    const reason = first ?? '';
    first = undefined;
    const { claims } = world.assignment;
    const changes = lookAtDevices(world, reason, 'new');
    const names = [...world.records.keys()];
    const touched = guestsTouched(claims, changes, names);
    for (const name of names) if (has(wanted, name) || touched.includes(name)) lookAtGuest(world, name);
    wanted = new Set();
    afterwards();
  });
  return {
    ask(reason, guest) {
      if (guest === undefined) wanted = 'all';
      else if (wanted !== 'all') wanted.add(guest);
      first ??= reason;
      runSoon();
    },
  };
}

function has(wanted: ReadonlySet<string> | 'all', name: string): boolean {
  return wanted === 'all' || wanted.has(name);
}
