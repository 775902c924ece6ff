/** What the processes of a guest, or of the host, use. */
export interface Usage {
  readonly processes: number;
  /** There are more processes, or cgroups, than were looked at: it is that much at least. */
  readonly isMore: boolean;
  /** Of all processes together; pages that two of them share count twice, as for ps. */
  readonly virtualBytes: number;
  readonly residentBytes: number;
  /** CPU time; absent: nobody counts it. */
  readonly userUs?: number;
  readonly systemUs?: number;
  /** Since init began, or the host. */
  readonly uptimeMs: number;
}

/** What is left in a bucket of CPU time. */
export interface Tokens {
  readonly held: number;
  readonly size: number;
}
