import { assign } from '../devices/assign.ts';
import type { Device } from '../model/device.ts';
import type { Inventory } from '../model/inventory.ts';
import type { World } from './world.ts';

/** Looks at every device and every guest: what heals whatever was missed. */
export function enumerate(world: World, reason: string): void {
  const { devices, clock } = world.ports;
  const started = clock.now();
  const found = devices.enumerate(world.asked);
  const owed = owedByUdev(world, found);
  world.udevDebt.replace(owed);
  const finished = found.filter(({ devpath }) => !owed.has(devpath));
  world.inventory = new Map(finished.map((device) => [device.devpath, device])) satisfies Inventory;
  world.assignment = assign(world.config.rules, world.inventory);
  world.counters.add('enumerations_total');
  for (const name of world.records.keys()) world.queue.add(name);
  const took = (clock.now() - started).toFixed(0);
  world.report.fact({ kind: 'uevents', says: `${found.length} devices enumerated in ${took} ms (${reason})` });
}

// Their links, properties and permissions are not final; they come with udev's event.
function owedByUdev({ udev, udevDebt, ports }: World, found: readonly Device[]): ReadonlySet<string> {
  if (udev !== 'running') return new Set();
  const isBusy = ports.devices.udevIsBusy();
  const isOwed = ({ devpath, unrecorded }: Device) => unrecorded && (isBusy || udevDebt.isOwed(devpath));
  return new Set(found.filter(isOwed).map(({ devpath }) => devpath));
}

/** Enumerations on demand: the first at once, further ones not before `restMs` have passed, however many are asked for. */
export interface Enumerator {
  ask(reason: string): void;
}

const REST_MS = 250;

export function createEnumerator(world: World, afterwards: () => void): Enumerator {
  let notBefore = 0;
  let planned = false;
  const run = (reason: string) => {
    planned = false;
    notBefore = world.ports.clock.now() + REST_MS;
    enumerate(world, reason);
    afterwards();
  };
  return {
    ask(reason) {
      if (planned) return;
      planned = true;
      const { clock } = world.ports;
      if (clock.now() >= notBefore) queueMicrotask(() => run(reason));
      else clock.wake(notBefore, () => run(reason));
    },
  };
}
