/** Time as the agent knows it: monotonic for decisions, the calendar for people. */
export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** ISO 8601 with milliseconds. */
  calendar(): string;
  /** Calls back once at or after `at` (milliseconds, monotonic); the returned function cancels it. */
  wake(at: number, call: () => void): () => void;
}
