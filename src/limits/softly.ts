import type { MemoryUse } from '../model/held.ts';
import type { LimitValues, LimitWrite } from '../model/limit.ts';
import { nextLowering } from './lowering.ts';

/** Writes that kill nobody. */
export interface SoftWrites {
  readonly writes: readonly LimitWrite[];
  /** Bytes to take back first; the others come then. */
  readonly reclaim?: number;
  /** Bytes that the guest has and that cannot be taken from it: its memory is left as it is. */
  readonly least?: number;
}

/** The memory.max that these writes lower, bytes; undefined: they do not. On v1 the kernel itself refuses one that would kill. */
export function loweredLimit(writes: readonly LimitWrite[], held: LimitValues): number | undefined {
  const wanted = Number(writes.find(({ file }) => file === 'memory.max')?.value);
  const now = Number(held['memory.max']);
  return wanted < (Number.isNaN(now) ? Number.POSITIVE_INFINITY : now) ? wanted : undefined;
}

/** The writes of this pass where memory.max is lowered to `limit`: all at once, or first what makes room for it. */
export function softWrites(writes: readonly LimitWrite[], limit: number, use: MemoryUse): SoftWrites {
  const next = nextLowering(limit, use);
  if (next.step === 'write') return { writes };
  const others = writes.filter(({ file }) => !file.startsWith('memory.'));
  if (next.step === 'refuse') return { writes: others, least: next.least };
  return { writes: others, reclaim: next.bytes };
}
