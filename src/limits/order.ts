import type { LimitFile, LimitValues, LimitWrite } from '../model/limit.ts';
import { isOfQuota, limitFiles } from './files.ts';

/**
 * The writes that bring a cgroup from what it holds to what is wanted, in an order in which the kernel refuses none and
 * nothing is unlimited in between. What is there already is not written: a write of the same cpu.max refills the quota.
 */
export function orderedWrites(held: LimitValues, wanted: LimitValues): readonly LimitWrite[] {
  const changed = limitFiles(wanted).filter((file) => wanted[file] !== held[file]);
  const plain = changed.filter((file) => !isOrdered(file)).map((file) => write(wanted, file));
  return [
    ...memoryOnV1(held, wanted),
    ...quotaOnV2(held, wanted),
    ...quotaOnV1(held, wanted),
    // Memory that is to go into more swap finds it there.
    ...plain.filter((one) => givesMemory(one, held)),
    ...plain.filter((one) => !givesMemory(one, held)),
  ];
}

/** Whether a write to a file of memory leaves the guest no less than it has. */
export function givesMemory({ file, value }: LimitWrite, held: LimitValues): boolean {
  return file.startsWith('memory.') && amount(value) >= amount(held[file]);
}

const MEMORY_ON_V1: readonly LimitFile[] = ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'];

function isOrdered(file: LimitFile): boolean {
  return isOfQuota(file) || MEMORY_ON_V1.includes(file);
}

// Memory alone can never have more than memory and swap: what grows, grows there first, and shrinks there last.
function memoryOnV1(held: LimitValues, wanted: LimitValues): readonly LimitWrite[] {
  const grows = amount(wanted['memory.limit_in_bytes']) > amount(held['memory.memsw.limit_in_bytes']);
  return changes(held, wanted, grows ? MEMORY_ON_V1.toReversed() : MEMORY_ON_V1);
}

// A burst above the quota is refused, whichever of the two comes to that.
function quotaOnV2(held: LimitValues, wanted: LimitValues): readonly LimitWrite[] {
  return withBurst('cpu.max.burst', 'cpu.max', held, wanted, ['cpu.max']);
}

// Here the period is a file of its own: between two writes the share is to be the smaller one.
function quotaOnV1(held: LimitValues, wanted: LimitValues): readonly LimitWrite[] {
  const lengthens = amount(wanted['cpu.cfs_period_us']) >= amount(held['cpu.cfs_period_us']);
  const pair: readonly LimitFile[] = ['cpu.cfs_period_us', 'cpu.cfs_quota_us'];
  return withBurst('cpu.cfs_burst_us', 'cpu.cfs_quota_us', held, wanted, lengthens ? pair : pair.toReversed());
}

function withBurst(
  burst: LimitFile,
  quota: LimitFile,
  held: LimitValues,
  wanted: LimitValues,
  files: readonly LimitFile[],
): readonly LimitWrite[] {
  const isInTheWay = amount(held[burst] ?? '0') > amount(wanted[quota] ?? held[quota]);
  const away: readonly LimitWrite[] = isInTheWay ? [{ file: burst, value: '0' }] : [];
  const now = isInTheWay ? { ...held, [burst]: '0' } : held;
  return [...away, ...changes(now, wanted, [...files, burst])];
}

function changes(held: LimitValues, wanted: LimitValues, files: readonly LimitFile[]): readonly LimitWrite[] {
  return files.flatMap((file) =>
    wanted[file] === undefined || wanted[file] === held[file] ? [] : [write(wanted, file)],
  );
}

function write(wanted: LimitValues, file: LimitFile): LimitWrite {
  return { file, value: wanted[file] ?? '' };
}

/** The first number of a value; "max", -1 and what is absent are without an end. */
function amount(value: string | undefined): number {
  const number = Number.parseInt(value ?? 'max', 10);
  return Number.isNaN(number) || number < 0 ? Number.POSITIVE_INFINITY : number;
}
