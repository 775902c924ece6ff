import { join } from 'node:path';
import type { RunningAgent } from '../../main.ts';
import type { LoopDevice } from './loop-device.ts';
import type { LxcGuest } from './lxc-guest.ts';

/** Who and what plays in the demo's story. */
export interface Stage {
  readonly folder: string;
  readonly guest: LxcGuest;
  readonly device: LoopDevice;
  /** No rule is about it: it takes the number that the device had. */
  readonly other: LoopDevice;
  readonly agent: RunningAgent;
  /** Aborted when somebody wishes to end. */
  readonly interrupted: AbortSignal;
}

export function controlSocket(folder: string): string {
  return join(folder, 'run/control.sock');
}
