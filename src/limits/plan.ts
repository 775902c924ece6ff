import type { DiskFile, LimitFile, LimitingHost, LimitValues, LimitWrite } from '../model/limit.ts';
import type { Policy } from '../model/policy.ts';
import { desireLimits } from './desire.ts';
import { desireDisks, type FoundDisk, heldOnDisks } from './disks.ts';
import { isOfQuota, limitFiles } from './files.ts';
import { orderedWrites } from './order.ts';

export interface LimitsQuestion {
  /** Absent: the guest is not limited. */
  readonly policy?: Policy | undefined;
  readonly host: LimitingHost;
  /** Its CPU time is spent, and its policy says that it stands still then. */
  readonly holds?: boolean;
  /** Those of the policy that the host has now. */
  readonly disks?: readonly FoundDisk[];
  /** Those that this cgroup has. */
  readonly diskFiles?: readonly DiskFile[];
  /** What the control files hold. */
  readonly values: LimitValues;
  /** The same as the kernel has it, where it made something else of what was written. Absent: it did not. */
  readonly made?: LimitValues;
  /** What those that we wrote held before. */
  readonly before: LimitValues;
}

export interface LimitsPlan {
  readonly writes: readonly LimitWrite[];
  /** Files that the policy needs and this host does not have. */
  readonly absent: readonly LimitFile[];
  /** What ours hold when all is written. */
  readonly settled: LimitValues;
  /** What all files of ours held before, those of this plan too: kept before anything is written. */
  readonly before: LimitValues;
  /** The same when all is written: those of which the policy speaks no more have theirs back. */
  readonly left: LimitValues;
}

/** What to write so that a guest's control files hold what its policy says, and what they held where it says nothing. */
export function planLimits(question: LimitsQuestion): LimitsPlan {
  const { policy, host, holds, disks = [], diskFiles = [], before } = question;
  const wanted = policy === undefined ? {} : { ...desireLimits(policy, host, holds), ...desireDisks(disks, host) };
  const values = heldOnDisks(question.values, diskFiles, limitFiles(wanted, before));
  const known = pick(wanted, (file) => values[file] !== undefined);
  const left = {
    ...pick(values, (file) => known[file] !== undefined),
    ...pick(before, (file) => known[file] !== undefined),
  };
  return {
    writes: planned(values, { ...before, ...known }, question.made ?? values),
    absent: limitFiles(wanted).filter((file) => values[file] === undefined),
    settled: known,
    before: { ...left, ...before },
    left,
  };
}

// Of a period that the kernel made longer, what is in it is all written anew: a quota for the shorter one would be half of it.
function planned(values: LimitValues, wanted: LimitValues, made: LimitValues): readonly LimitWrite[] {
  const writes = orderedWrites(values, wanted);
  const isOther = writes.some(({ file }) => isOfQuota(file));
  return isOther ? orderedWrites({ ...values, ...pick(made, isOfQuota) }, wanted) : writes;
}

function pick(values: LimitValues, isMeant: (file: LimitFile) => boolean): LimitValues {
  return Object.fromEntries(limitFiles(values).flatMap((file) => (isMeant(file) ? [[file, values[file]]] : [])));
}
