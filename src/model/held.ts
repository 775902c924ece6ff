/** What a guest has of what a policy limits: now, and at most since its cgroup was made. */
export interface Amount {
  readonly held: number;
  /** Absent: the kernel does not keep it. */
  readonly most?: number;
}

export interface HeldAmounts {
  /** Bytes, with what is cached for it. */
  readonly rss?: Amount;
  /** Bytes of that which the kernel cannot take back without swap. */
  readonly fixed?: number;
  readonly swap?: Amount;
  /** Processes and threads. */
  readonly processes?: Amount;
  /** Microseconds of CPU time. */
  readonly cpuUs?: number;
  /** Periods of its quota in which something in it ran. */
  readonly cpuPeriods?: number;
  /** Microseconds that its processors waited for the next period, since its cgroup was made. */
  readonly heldBackUs?: number;
  /** Share of the last ten seconds in which something in it waited for memory, 0 to 1. */
  readonly memoryStall?: number;
}

/** What decides whether a lower limit of memory would kill, bytes. */
export interface MemoryUse {
  readonly current: number;
  /** Of that, what can only go where there is swap, or not at all: anonymous and shared memory, what is locked, and the kernel's own. */
  readonly fixed: number;
  /** Of that, what goes nowhere. */
  readonly locked: number;
  /** Share of the last ten seconds in which all of it waited for memory, 0 to 1. */
  readonly stall: number;
  /** What it has in swap. */
  readonly swapHeld: number;
  /** What of the host's swap nobody has. */
  readonly swapFree: number;
}
