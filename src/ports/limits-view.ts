import type { Refusal } from '../model/failure.ts';
import type { LimitFile, LimitRow } from '../model/limit.ts';

/** A control file that is to hold something else; RLIMIT_DATA: that of every process, of which its init is shown. */
export interface PlannedWrite {
  readonly file: LimitFile | 'RLIMIT_DATA';
  readonly value: string;
  readonly held: string;
  /** Of a quota above which hostler gives what is saved up: why the kernel does not. */
  readonly why?: string;
}

/** One guest as a table of user_beancounters has it. */
export interface LimitsView {
  readonly guest: string;
  /** Name of its policy; absent: nobody limits it. */
  readonly policy?: string;
  /** Why the kernel does not keep its bucket of CPU time by itself; absent: it does, or it has none. */
  readonly bucket?: string;
  /** Empty while it is stopped, but for hits. */
  readonly rows: readonly LimitRow[];
  readonly refusals: readonly Refusal[];
}
