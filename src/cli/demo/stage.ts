import { join } from 'node:path';
import type { RunningAgent } from '../../main.ts';
import type { LoopDevice } from './loop-device.ts';
import type { LxcGuest } from './lxc-guest.ts';

/** What the demo made and has to remove again, in this order. */
export interface Stage {
  readonly folder: string;
  readonly guest: LxcGuest;
  readonly device: LoopDevice;
  readonly agent: RunningAgent;
}

export function controlSocket(folder: string): string {
  return join(folder, 'run/control.sock');
}
