import type { LimitFile, LimitWrite } from '../model/limit.ts';

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
 * alone. org.freedesktop.systemd1(5) has the properties.
 */
export function unitWrites(writes: readonly LimitWrite[]): readonly UnitWrites[] {
  const runs: LimitWrite[][] = [];
  let wasAsked: boolean | undefined;
  for (const write of writes) {
    const isAsked = propertiesOf(write) !== undefined;
    if (isAsked !== wasAsked) runs.push([]);
    runs.at(-1)?.push(write);
    wasAsked = isAsked;
  }
  return runs.map((run) => {
    const properties = run.flatMap((write) => propertiesOf(write) ?? []);
    return properties.length > 0 ? { by: 'systemd', properties } : { by: 'file', writes: run };
  });
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
  return file === 'cpu.max' ? quotaProperties(value) : undefined;
}

// systemd counts in microseconds a second and rounds down when it writes: rounded up, the file holds what was meant.
function quotaProperties(value: string): readonly PropertyText[] {
  const [quota = 'max', period = ''] = value.split(' ');
  const perSecond = quota === 'max' ? 'max' : `${Math.ceil((Number(quota) * 1_000_000) / Number(period))}`;
  return [`CPUQuotaPerSecUSec=${perSecond}`, `CPUQuotaPeriodUSec=${period}`];
}
