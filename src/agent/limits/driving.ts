import type { Usage } from '../../limits/bucket.ts';
import type { Drive, Pace } from '../../limits/drive.ts';
import type { Leased } from '../../limits/leased.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { Quota } from '../../model/limit.ts';
import type { BucketPolicy } from '../../model/policy.ts';
import type { Heard } from '../../ports/cgroups.ts';

/** A guest whose bucket the kernel cannot keep by itself. */
export interface Driving {
  readonly guest: string;
  instance: GuestInstance;
  readonly epoch: string;
  readonly policy: BucketPolicy;
  readonly quota: Quota;
  pace: Pace;
  /** What was told last of what the executor tells; another one when it is another executor. */
  heard: Heard | undefined;
  drive: Drive;
  /** What it had used when it was given something last. */
  since: Usage;
  /** When (monotonic ms) it was last seen to have used more than it was given; undefined: never. */
  overdrawnAt: number | undefined;
  cancelLook: () => void;
  readonly lookLater: () => void;
  /** Every grant is a change of the control file: whether it holds what it should is looked at once in a while. */
  readonly checkLater: () => void;
}

/** Who has to do with what the driver does. */
export interface CpuWishes {
  /** The guest is to stand still from now on, or no longer. */
  hold(guest: string, holds: boolean): void;
  /** Its quota is raised from now on; undefined: no longer. */
  lease(guest: string, leased: Leased | undefined): void;
  /** What is written of it may be looked at. */
  look(guest: string): void;
}
