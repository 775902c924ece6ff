/** What a kernel counter of refusals is about. */
export type HitResource = 'rss' | 'rss-barrier' | 'swap' | 'oom' | 'oom-kill' | 'processes' | 'cpu' | 'data';

/** Counters as the kernel has them now; a resource without a counter is absent. */
export type HitCounters = Readonly<Partial<Record<HitResource, number>>>;

/** Hits since somebody first looked; survives guest, agent and host. */
export interface HitsLedger {
  /** Which life of the counters `last` is of: boot id and cgroup. */
  readonly epoch: string;
  readonly hits: Readonly<Partial<Record<HitResource, Hits>>>;
}

export interface Hits {
  readonly total: number;
  /** The kernel's counter when it was last read. */
  readonly last: number;
  /** ISO times. */
  readonly firstAt?: string;
  readonly lastAt?: string;
}
