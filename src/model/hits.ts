/** What a kernel counter of refusals is about. */
export type HitResource = 'rss' | 'rss-barrier' | 'swap' | 'oom' | 'oom-kill' | 'processes' | 'cpu' | 'data';

/** Counters as the kernel has them now; a resource without a counter is absent. */
export type HitCounters = Readonly<Partial<Record<HitResource, number>>>;

/** Refusals that are counted in cgroups of the guest's own and in none above: by the cgroup's inode, where there are any. */
export interface BelowCounters {
  readonly counts: Readonly<Record<string, number>>;
  /** All of them were looked at. */
  readonly isWhole: boolean;
}

/** Hits since somebody first looked; survives guest, agent and host. */
export interface HitsLedger {
  /** Which life of the counters `last` is of: boot id and cgroup. */
  readonly epoch: string;
  readonly hits: Readonly<Partial<Record<HitResource, Hits>>>;
  /** Of refused processes, what is counted of each cgroup below that still may be there. */
  readonly below?: BelowCounters['counts'];
  readonly killsBelow?: KillsBelow;
}

/** Kills in cgroups of the guest's own that are counted, by the cgroup's inode. */
export interface KillsBelow {
  /** The life of the guest's cgroup in which was looked last. */
  readonly epoch: string;
  /** By its counter. */
  readonly counts: BelowCounters['counts'];
  /** By the log alone: its counter is to tell of them yet. */
  readonly ahead: BelowCounters['counts'];
}

export interface Hits {
  readonly total: number;
  /** The kernel's counter when it was last read. */
  readonly last: number;
  /** ISO times. */
  readonly firstAt?: string;
  readonly lastAt?: string;
}
