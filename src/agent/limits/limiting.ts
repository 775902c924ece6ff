import type { Victim } from '../../model/alert.ts';
import type { Refusal } from '../../model/failure.ts';
import type { Tokens } from '../../model/usage.ts';
import type { BurstsView } from '../../ports/agent.ts';
import type { LimitsView, PlannedWrite } from '../../ports/limits-view.ts';
import type { Measured } from '../../ports/metrics-view.ts';

/** What guests hold, as it was read last. */
export interface Readings {
  /** Reads what the guest holds, as a pass would, and does nothing about it. */
  reread(guest: string): void;
  /** Monotonic ms; undefined: it does not run, or nobody looked yet. */
  readAt(guest: string): number | undefined;
  measured(guest: string): Measured;
}

/** Holds guests to their policies. */
export interface Limiter extends Readings {
  /** Something about this guest's limits, or this file of its cgroup, may be another. */
  look(guest: string, file?: string): void;
  /** A disk came, went or changed: some policy may name it. */
  lookAtDisks(): void;
  /** The kernel killed a process; of whose guest is found out. */
  killed(victim: Victim & { readonly cgroup: string }): void;
  /** The kernel refused memory so often; to whose guest is found out. */
  refused(refusal: Victim & { readonly cgroup: string; readonly count: number }): void;
  /** The executor that heard of changes is gone. */
  hearAgain(): void;
  /** Nothing waits and nothing runs. */
  isIdle(): boolean;
  isRested(guest: string): boolean;
  passed(guest: string): Promise<void>;
  /** A pass now that lowers its memory although the kernel kills until it fits; nothing is forced once it has ended. */
  force(guest: string): Promise<void>;
  /** What a pass would write now. */
  plan(guest: string): readonly PlannedWrite[];
  /** How guests get what they saved up; no view: none needs it yet. */
  readonly bursts: { view(): BurstsView | undefined };
  /** What cannot be done now. */
  refusals(guest: string): readonly Refusal[];
  /** What cannot be counted on this host. */
  warnings(): readonly Refusal[];
  view(guest: string): LimitsView;
  /** Undefined: it has no bucket, or the kernel keeps it by itself. */
  tokens(guest: string): Tokens | undefined;
  forget(guest: string): void;
  /** The agent ends: what only it knows is kept. */
  end(): void;
}
