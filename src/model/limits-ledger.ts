import type { DataGiven } from './data-limit.ts';
import type { HitsLedger } from './hits.ts';
import type { LimitValues } from './limit.ts';

/** What is kept of a guest's limits: it survives guest, agent and host. */
export interface LimitsLedger {
  readonly hits: HitsLedger;
  /** The life of the cgroup that `before` is of. */
  readonly epoch: string;
  /** In that life, what each process may have of its own; absent: nobody said so. */
  readonly data?: DataGiven;
  /** What the control files that we write held before: they get it back when no policy speaks of them any more. */
  readonly before: LimitValues;
  /** In that life it was frozen, and surely not thawed yet. */
  readonly frozen?: true;
}
