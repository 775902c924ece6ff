/** Time as the agent knows it: monotonic for decisions, the calendar for people. */
export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** ISO 8601 with milliseconds. */
  calendar(): string;
  /** Names this start of the host. */
  readonly bootId: string;
  /** Milliseconds since the host started, the same for every agent; what it slept does not count. */
  sinceBoot(): number;
  /** The same with what it slept, which start times of processes count. */
  uptime(): number;
  /** Calls back once at or after `at` (milliseconds, monotonic); the returned function cancels it. */
  wake(at: number, call: () => void): () => void;
}
