import type { NodeDevice } from './assign.ts';
import { physicalRoot } from './physical.ts';

/** The parts of one physical device; there is at least one. */
export type Parts = readonly [NodeDevice, ...NodeDevice[]];

/** Sorts devices by the physical device that they are a part of, in the order in which they come. */
export function physicalDevices(devices: readonly NodeDevice[]): readonly Parts[] {
  const byRoot = new Map<string, [NodeDevice, ...NodeDevice[]]>();
  for (const device of devices) {
    const root = physicalRoot(device);
    const parts = byRoot.get(root);
    if (parts) parts.push(device);
    else byRoot.set(root, [device]);
  }
  return [...byRoot.values()];
}

/** The part that stands for the device where people have to tell it from another: the outermost. */
export function mainPart([first, ...others]: Parts): NodeDevice {
  return others.reduce((main, one) => (one.devpath.length < main.devpath.length ? one : main), first);
}
