import type { MemoryUse } from '../model/held.ts';

export type Lowering =
  | { readonly step: 'write' }
  | { readonly step: 'reclaim'; readonly bytes: number }
  /** It would kill. */
  | { readonly step: 'refuse'; readonly least: number }
  /** The guest hardly does anything but wait for its memory. */
  | { readonly step: 'stop'; readonly stall: number };

const MiB = 1024 * 1024;
/** Big enough to come to an end, small enough that the guest hardly notices one. */
const STEP = 64 * MiB;
const STEP_SHARE = 0.05;
/** The guest goes on using memory between the last step and the limit. */
const ROOM = 0.98;
/** So much of the time may it wait for what is taken from it. */
const MOST_STALL = 0.2;

/**
 * The next step towards a lower memory.max. The kernel takes any value, and then kills until it fits: what is above it is
 * reclaimed before, in steps, and what cannot be reclaimed is not limited away. `swapLimit`: the memory.swap.max that it is to have.
 */
export function nextLowering(limit: number, swapLimit: number, use: MemoryUse): Lowering {
  const { current, fixed, locked, stall, swapHeld, swapFree } = use;
  const target = Math.floor(limit * ROOM);
  if (current <= target) return { step: 'write' };
  const swapRoom = Math.max(0, Math.min(swapLimit - swapHeld, swapFree));
  const least = Math.max(locked, fixed - swapRoom);
  if (least > target) return { step: 'refuse', least };
  if (stall > MOST_STALL) return { step: 'stop', stall };
  const step = Math.max(Math.min(STEP, Math.ceil(current * STEP_SHARE)), MiB);
  return { step: 'reclaim', bytes: Math.min(step, Math.max(current - target, PAGE)) };
}

const PAGE = 4096;
