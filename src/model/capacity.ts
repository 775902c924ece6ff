/** What a host has to divide among its guests. */
export interface HostCapacity {
  readonly cpus: number;
  readonly ramBytes: number;
  readonly swapBytes: number;
  /** Processes and threads that the kernel counts to. */
  readonly processes: number;
}

/** What of it is kept for the host itself. */
export interface Reserve {
  /** A share of all processors, 0 to 1. */
  readonly cpu: number;
  readonly memoryBytes: number;
}
