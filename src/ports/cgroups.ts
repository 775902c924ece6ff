import type { HostCapacity } from '../model/capacity.ts';
import type { CpuSample } from '../model/cpu-sample.ts';
import type { DataGiven, DataHeld, DataLimit } from '../model/data-limit.ts';
import type { GuestInstance } from '../model/guest.ts';
import type { HeldAmounts, MemoryUse } from '../model/held.ts';
import type { BelowCounters, HitCounters } from '../model/hits.ts';
import type { DiskFile, LimitingHost, LimitValues, LimitWrite, Pressures, Quota, RefillSeen } from '../model/limit.ts';
import type { Answer } from './executor.ts';

/** The resource limits of guests, as the kernel has them. */
export interface Cgroups {
  /** Where memory, CPU time and processes are limited on this host, and how many processors it has. */
  readonly host: LimitingHost;
  /** What is killed in a cgroup of the guest's own is counted there, and not in the guest's. */
  readonly killsApart: boolean;
  /** A cgroup of the memory controller as `killsBelow` names it; undefined: it is gone. */
  nameOf(cgroup: string): string | undefined;
  /** Where the kernel could keep root of a guest from writing the limits of its own guest, and is not told to. */
  readonly guestsMayWrite: boolean;
  /** What the host has to divide, now. */
  capacity(): HostCapacity;
  /** Numbers of the processors that the guest may run on; undefined: of all that the host has. */
  processors(instance: GuestInstance | undefined): readonly number[];
  /** CPU time in which the host's processors had nothing to do, all together, since it began. */
  hostIdleUs(): number;
  /** Undefined: the guest's cgroup is gone. */
  read(instance: GuestInstance): LimitsReading | undefined;
  /** One of its counters changed: what it says now is known at its end, although the cgroup is gone by then. */
  glance(instance: GuestInstance, file: string): void;
  /** The guest has ended, and is not read any more. What its counters were last, as far as they were read; undefined: never. */
  end(instance: GuestInstance): LastCounters | undefined;
  /** Undefined: the guest's cgroup is gone, or this kernel does not say. */
  memoryUse(instance: GuestInstance): MemoryUse | undefined;
  /** What each process of the guest may have of its own, as its init has it; undefined: it has ended. */
  dataLimit(instance: GuestInstance): DataLimit | undefined;
  /**
   * Lowers that to so many bytes for every process that may have more; undefined: to nothing. Who has what was given `before` has
   * what init had of its own, as far as that is not more. Children have what their parents have. Answers how many there are.
   */
  limitData(instance: GuestInstance, bytes: number | undefined, before?: DataGiven): Promise<Answer<number>>;
  /** What the processes of the guest have of their own. */
  dataHeld(instance: GuestInstance): Promise<Answer<DataHeld>>;
  /**
   * Lets each process have what it has and what is left when all of them are to have so many bytes together, and no more than
   * `limitData` lets it have; undefined: as much as that. Answers what they had.
   */
  shareData(instance: GuestInstance, bytes: number | undefined): Promise<Answer<DataHeld>>;
  /** Takes so many bytes back from the guest. EAGAIN: it could not give so much. */
  reclaim(instance: GuestInstance, bytes: number): Promise<Answer<void>>;
  /** Undefined: the guest's cgroup is gone, or has no CPU controller. Cheap enough to be asked often. */
  cpu(instance: GuestInstance): CpuSample | undefined;
  /** The guest has ended: nobody asks for its CPU time any more. */
  forgetCpu(instance: GuestInstance): void;
  /** What it may use of CPU time by its control files; undefined: without end, or nobody has read the guest's cgroup. */
  quota(instance: GuestInstance): Quota | undefined;
  /** Fills the kernel's pool of CPU time up once by writing the quota that it has, microseconds. */
  grantCpu(instance: GuestInstance, quota: Quota): Promise<Answer<void>>;
  /** Leaves it next to nothing of each period, until `grantCpu` or the end of this agent gives it its quota back. */
  holdCpu(instance: GuestInstance, quota: Quota): Promise<Answer<void>>;
  /** Whether that fills it up on this kernel: tried on a process of nobody's. */
  probeRefill(): Promise<Answer<RefillSeen>>;
  /** Gives it so many microseconds of each period for so many milliseconds, and then its quota again, whatever becomes of this agent. */
  leaseCpu(instance: GuestInstance, quota: Quota, raisedUs: number, ms: number): Promise<Answer<void>>;
  /** Gives it its quota again now. */
  endLease(instance: GuestInstance, quota: Quota): Promise<Answer<void>>;
  /** Share of the last ten seconds in which all of it waited for memory, 0 to 1; undefined: this host does not say. */
  memoryStall(instance: GuestInstance): number | undefined;
  /** What the host could give without taking it from anybody. */
  availableBytes(): number;
  /** It stands still for so many milliseconds at most, whatever becomes of this agent; 0: it goes on now, whoever froze it. */
  freeze(instance: GuestInstance, ms: number): Promise<Answer<void>>;
  isFrozen(instance: GuestInstance): boolean;
  /** Writes in this order and stops at the first that the kernel refuses; the failure's subject is the file. */
  write(instance: GuestInstance, writes: readonly LimitWrite[]): Promise<Answer<void>>;
  /** The same, but that a lower memory.max stays, although the kernel kills until it fits. */
  writeByForce(instance: GuestInstance, writes: readonly LimitWrite[]): Promise<Answer<void>>;
  /** Reports changes of counters and control files as `limits-changed` events until the cgroup is gone. */
  watch(guest: string, instance: GuestInstance, wanted: Pressures): Promise<Answer<Heard>>;
  /** Reports nothing of it any more. */
  unwatch(guest: string): Promise<void>;
}

/** What is told besides changes. */
export interface Heard {
  /** That the guest was held back: `limits-changed` of cpu.pressure. */
  readonly stalls: boolean;
}

/** What is left of a start that has ended. */
export type LastCounters = Pick<LimitsReading, 'epoch' | 'counters' | 'below' | 'killsBelow'>;

/** All that a look at a guest's cgroup shows. */
export interface LimitsReading {
  /** Names this life of the guest's cgroup: boot and inode, in the hierarchy that guests are named in. */
  readonly epoch: string;
  readonly values: LimitValues;
  /** Which of the files with a line for each disk this cgroup has. */
  readonly diskFiles: readonly DiskFile[];
  readonly held: HeldAmounts;
  readonly counters: HitCounters;
  /** Present where this kernel counts a refused process in the cgroup of who asked, and there alone. */
  readonly below?: BelowCounters;
  /** Present where a kill is counted in the cgroup of who was killed, and there alone; the same object until somebody looked again. */
  readonly killsBelow?: BelowCounters;
}
