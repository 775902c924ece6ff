import { type LimitFile, type LimitWrite, STANDING_STILL_US } from '../model/limit.ts';
import type { ReadFile } from './cgroup-text.ts';

/** What the executor's `limit-unit` takes: `MemoryMax=536870912`. */
export type PropertyText = `${string}=${string}`;

/** Writes that one request performs: of systemd's properties, or of files. */
export type UnitWrites =
  | { readonly by: 'systemd'; readonly properties: readonly PropertyText[] }
  | { readonly by: 'file'; readonly writes: readonly LimitWrite[] };

/** Whether systemd owns this cgroup: what is written past it is gone at its next reload. */
export function isUnit(cgroup: string): boolean {
  return /\.(service|scope)$/.test(cgroup);
}

/**
 * The same writes as systemd takes them, in the same order; what it has no property for is written past it, which it leaves
 * alone. org.freedesktop.systemd1(5) has the properties. `read`: what a control file of the unit holds now.
 */
export function unitWrites(writes: readonly LimitWrite[], read: ReadFile): readonly UnitWrites[] {
  const runs: Run[] = [];
  for (const [write, isAsked] of withOneQuota(writes, read).flatMap(stepsOf)) {
    if (isAsked === runs.at(-1)?.isAsked) runs.at(-1)?.writes.push(write);
    else runs.push({ isAsked, writes: [write] });
  }
  return runs.map((run) =>
    run.isAsked
      ? { by: 'systemd', properties: run.writes.flatMap((write) => propertiesOf(write) ?? []) }
      : { by: 'file', writes: run.writes },
  );
}

interface Run {
  readonly isAsked: boolean;
  readonly writes: LimitWrite[];
}

/** systemd would wait for these itself, and takes none back that kills: what it is told of them is there already. */
const WAITING: ReadonlySet<LimitFile> = new Set(['memory.high', 'memory.max']);

function stepsOf(write: LimitWrite): readonly (readonly [LimitWrite, boolean])[] {
  const isAsked = propertiesOf(write) !== undefined;
  return isAsked && WAITING.has(write.file)
    ? [
        [write, false],
        [write, true],
      ]
    : [[write, isAsked]];
}

const [QUOTA, PERIOD] = ['cpu.cfs_quota_us', 'cpu.cfs_period_us'] as const;

// v1 has two files for what systemd knows as one thing, and as which v2 has it.
function withOneQuota(writes: readonly LimitWrite[], read: ReadFile): readonly LimitWrite[] {
  const last = writes.findLast(({ file }) => file === QUOTA || file === PERIOD);
  if (last === undefined) return writes;
  const meant = (file: LimitFile) => writes.findLast((write) => write.file === file)?.value ?? read(file) ?? '';
  const quota = Number(meant(QUOTA)) < 0 ? 'max' : meant(QUOTA);
  const both: LimitWrite = { file: 'cpu.max', value: `${quota} ${meant(PERIOD)}` };
  if (isStill(both.value)) return writes;
  return writes.flatMap((write) =>
    write === last ? [both] : write.file === QUOTA || write.file === PERIOD ? [] : [write],
  );
}

/** Properties whose value is the file's. */
const SAME: Partial<Record<LimitFile, string>> = {
  'memory.min': 'MemoryMin',
  'memory.low': 'MemoryLow',
  'memory.high': 'MemoryHigh',
  'memory.max': 'MemoryMax',
  'memory.swap.max': 'MemorySwapMax',
  'memory.limit_in_bytes': 'MemoryLimit',
  'pids.max': 'TasksMax',
  'cpu.weight': 'CPUWeight',
  'cpu.shares': 'CPUShares',
};

function propertiesOf({ file, value }: LimitWrite): readonly PropertyText[] | undefined {
  const same = SAME[file];
  if (same !== undefined) return [`${same}=${value}`];
  if (file === 'io.weight') return [`IOWeight=${value.replace('default ', '')}`];
  return file === 'cpu.max' && !isStill(value) ? quotaProperties(value) : undefined;
}

// A guest stands still for a moment: systemd, which would see to it for ever, is not told.
function isStill(quota: string): boolean {
  return quota.startsWith(`${STANDING_STILL_US} `);
}

// systemd counts in microseconds a second and rounds down when it writes: rounded up, the file holds what was meant.
function quotaProperties(value: string): readonly PropertyText[] {
  const [quota = 'max', period = ''] = value.split(' ');
  const perSecond = quota === 'max' ? 'max' : `${Math.ceil((Number(quota) * 1_000_000) / Number(period))}`;
  return [`CPUQuotaPerSecUSec=${perSecond}`, `CPUQuotaPeriodUSec=${period}`];
}
