import type { Device } from './device.ts';

/** The host's devices by DEVPATH. */
export type Inventory = ReadonlyMap<string, Device>;
