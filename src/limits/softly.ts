import type { MemoryUse } from '../model/held.ts';
import type { LimitValues, LimitWrite } from '../model/limit.ts';
import { nextLowering } from './lowering.ts';
import { givesMemory } from './order.ts';

/** Writes that kill nobody. */
export interface SoftWrites {
  readonly writes: readonly LimitWrite[];
  /** Bytes to take back first; the others come then. */
  readonly reclaim?: number;
  /** Why its memory is left as it is, for people. */
  readonly left?: string;
}

/** The memory.max that these writes lower, bytes; undefined: they do not. On v1 the kernel itself refuses one that would kill. */
export function loweredLimit(writes: readonly LimitWrite[], held: LimitValues): number | undefined {
  return lowered('memory.max', writes, held);
}

/** The same without a barrier below what cannot be reclaimed: it kills nobody, and lets the guest hardly do anything but wait. */
export function withoutLowBarrier(soft: SoftWrites, held: LimitValues, use: MemoryUse): SoftWrites {
  const barrier = lowered('memory.high', soft.writes, held);
  if (barrier === undefined) return soft;
  const next = nextLowering(barrier, swapLimit(soft.writes, held), use);
  if (next.step !== 'refuse') return soft;
  const left = `with a barrier of ${mebibytes(barrier)} it would stand still: ${mebibytes(next.least)} of its memory cannot be reclaimed`;
  return { ...soft, writes: soft.writes.filter(({ file }) => file !== 'memory.high'), left };
}

function lowered(
  name: 'memory.max' | 'memory.high',
  writes: readonly LimitWrite[],
  held: LimitValues,
): number | undefined {
  const wanted = Number(writes.find(({ file }) => file === name)?.value);
  const now = Number(held[name]);
  return wanted < (Number.isNaN(now) ? Number.POSITIVE_INFINITY : now) ? wanted : undefined;
}

/** The writes of this pass where memory.max is lowered to `limit`: all at once, or first what makes room for it. */
export function softWrites(
  writes: readonly LimitWrite[],
  held: LimitValues,
  limit: number,
  use: MemoryUse,
): SoftWrites {
  const next = nextLowering(limit, swapLimit(writes, held), use);
  if (next.step === 'write') return { writes };
  const others = othersOf(writes, held);
  switch (next.step) {
    case 'refuse':
      return { writes: others, left: `that would kill: ${mebibytes(next.least)} of its memory cannot be reclaimed` };
    case 'stop':
      return {
        writes: others,
        left: `it waits for memory ${Math.round(next.stall * 100)}% of the time already, and would stand still`,
      };
    case 'reclaim':
      return { writes: others, reclaim: next.bytes };
  }
}

/** The same where nothing is to be taken of its memory. */
export function withoutMemory(writes: readonly LimitWrite[], held: LimitValues, left: string): SoftWrites {
  return { writes: othersOf(writes, held), left };
}

export function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / (1024 * 1024))} MiB`;
}

function othersOf(writes: readonly LimitWrite[], held: LimitValues): readonly LimitWrite[] {
  return writes.filter((write) => !write.file.startsWith('memory.') || givesMemory(write, held));
}

// As it will be: whoever has more of it from now on needs less memory, and the other way round.
function swapLimit(writes: readonly LimitWrite[], held: LimitValues): number {
  const wanted = writes.find(({ file }) => file === 'memory.swap.max')?.value ?? held['memory.swap.max'];
  const bytes = Number(wanted);
  return Number.isNaN(bytes) ? Number.POSITIVE_INFINITY : bytes;
}
