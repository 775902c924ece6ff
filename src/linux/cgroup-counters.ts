import type { Amount, HeldAmounts, MemoryUse } from '../model/held.ts';
import type { HitCounters } from '../model/hits.ts';
import type { Hierarchy } from '../model/limit.ts';
import { flatNumbers, oneNumber, type ReadFile } from './cgroup-text.ts';

/** What is held now, and what was at most. */
export function heldAmounts(hierarchy: Hierarchy, read: ReadFile): HeldAmounts {
  const [rss, swap] = hierarchy === 'v1' ? memoryOnV1(read) : memoryOnV2(read);
  const fixed = fixedMemory(flatNumbers(read('memory.stat')))?.fixed;
  const processes = amount(read('pids.current'), read('pids.peak'));
  const cpu = flatNumbers(read('cpu.stat'));
  const cpuUs = hierarchy === 'v1' ? usedOnV1(read) : cpu.get('usage_usec');
  const [cpuPeriods, heldBackUs] = [
    cpu.get('nr_periods'),
    cpu.get('throttled_usec') ?? inMicroseconds(cpu.get('throttled_time')),
  ];
  const memoryStall = stallOf('some', read('memory.pressure'));
  return {
    ...(rss && { rss }),
    ...(rss && fixed !== undefined && { fixed }),
    ...(swap && { swap }),
    ...(processes && { processes }),
    ...(cpuUs !== undefined && { cpuUs }),
    ...(cpuPeriods !== undefined && { cpuPeriods }),
    ...(heldBackUs !== undefined && { heldBackUs }),
    ...(memoryStall !== undefined && { memoryStall }),
  };
}

function inMicroseconds(nanoseconds: number | undefined): number | undefined {
  return nanoseconds === undefined ? undefined : Math.floor(nanoseconds / 1000);
}

/** `some avg10=1.23 avg60=...`: percent. */
export function stallOf(of: 'some' | 'full', pressure: string | undefined): number | undefined {
  const line = (pressure ?? '').split('\n').find((one) => one.startsWith(of));
  const [, percent] = / avg10=([\d.]+)/.exec(line ?? '') ?? [];
  return percent === undefined ? undefined : Number(percent) / 100;
}

/** What the kernel refused, slowed down or killed for a limit's sake, since the cgroup was made. */
export function hitCounters(hierarchy: Hierarchy, read: ReadFile): HitCounters {
  const counters = hierarchy === 'v1' ? countersOnV1(read) : countersOnV2(read);
  const common = {
    processes: flatNumbers(read('pids.events')).get('max'),
    cpu: flatNumbers(read('cpu.stat')).get('nr_throttled'),
  };
  return Object.fromEntries(Object.entries({ ...counters, ...common }).filter(([, count]) => count !== undefined));
}

/** v2 only: there a limit may be lowered below what is used. */
export function memoryUse(read: ReadFile, hostSwapFree: number): MemoryUse | undefined {
  const current = oneNumber(read('memory.current'));
  const fixed = fixedMemory(flatNumbers(read('memory.stat')));
  if (current === undefined || fixed === undefined) return undefined;
  return {
    current,
    ...fixed,
    stall: stallOf('full', read('memory.pressure')) ?? 0,
    swapHeld: oneNumber(read('memory.swap.current')) ?? 0,
    swapFree: hostSwapFree,
  };
}

// v1 writes what is in the cgroups below, too, with total_ in front, and the kernel's own nowhere.
function fixedMemory(stat: ReadonlyMap<string, number>): Pick<MemoryUse, 'fixed' | 'locked'> | undefined {
  const of = (name: string) => stat.get(`total_${name}`) ?? stat.get(name);
  const [idle, active] = [of('inactive_anon'), of('active_anon')];
  if (idle === undefined || active === undefined) return undefined;
  const kernel = of('kernel');
  const kernels = kernel === undefined ? of('slab_unreclaimable') : kernel - (of('slab_reclaimable') ?? 0);
  const locked = (of('unevictable') ?? 0) + Math.max(0, kernels ?? 0);
  return { fixed: idle + active + locked, locked };
}

function memoryOnV2(read: ReadFile): readonly (Amount | undefined)[] {
  return ['memory', 'memory.swap'].map((name) => amount(read(`${name}.current`), read(`${name}.peak`)));
}

// Here memsw counts both together; at most, the two need not have been at the same time.
function memoryOnV1(read: ReadFile): readonly (Amount | undefined)[] {
  const rss = amount(read('memory.usage_in_bytes'), read('memory.max_usage_in_bytes'));
  const both = amount(read('memory.memsw.usage_in_bytes'), read('memory.memsw.max_usage_in_bytes'));
  if (rss === undefined || both === undefined) return [rss];
  const most = Math.max(0, (both.most ?? 0) - (rss.most ?? 0));
  return [rss, { held: Math.max(0, both.held - rss.held), most }];
}

function amount(held: string | undefined, most: string | undefined): Amount | undefined {
  const [now, peak] = [oneNumber(held), oneNumber(most)];
  return now === undefined ? undefined : { held: now, ...(peak !== undefined && { most: peak }) };
}

function usedOnV1(read: ReadFile): number | undefined {
  return inMicroseconds(oneNumber(read('cpuacct.usage')));
}

function countersOnV2(read: ReadFile) {
  const memory = flatNumbers(read('memory.events'));
  return {
    rss: memory.get('max'),
    'rss-barrier': memory.get('high'),
    swap: flatNumbers(read('memory.swap.events')).get('max'),
    oom: memory.get('oom'),
    'oom-kill': memory.get('oom_kill'),
  };
}

function countersOnV1(read: ReadFile) {
  return {
    rss: oneNumber(read('memory.failcnt')),
    swap: oneNumber(read('memory.memsw.failcnt')),
    'oom-kill': flatNumbers(read('memory.oom_control')).get('oom_kill'),
  };
}
