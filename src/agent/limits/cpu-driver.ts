import { isDeepStrictEqual } from 'node:util';
import { fullBucket } from '../../limits/bucket.ts';
import { type Drive, driven, newDrive, type Pace, paceOf } from '../../limits/drive.ts';
import { planCpu } from '../../limits/quota.ts';
import type { Bucket } from '../../model/bucket.ts';
import type { CpuSample } from '../../model/cpu-sample.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { Quota } from '../../model/limit.ts';
import type { BucketPolicy } from '../../model/policy.ts';
import type { Tokens } from '../../model/usage.ts';
import { paced } from '../paced.ts';
import type { Ports } from '../world.ts';

/** A guest whose bucket the kernel cannot keep by itself. */
export interface Driving {
  instance: GuestInstance;
  readonly epoch: string;
  readonly policy: BucketPolicy;
  readonly quota: Quota;
  readonly pace: Pace;
  drive: Drive;
  /** What `hold` was told last. */
  holds: boolean;
  /** Monotonic ms before which the bucket is not kept again. */
  keptUntil: number;
  cancelLook: () => void;
  /** Every grant is a change of the control file: who watches that is looked after once in a while. */
  readonly lookLater: () => void;
}

/** The bucket is as exact when it is counted again from one a second old: the kernel's counter goes on. */
const KEEP_MS = 1000;

/** Keeps guests to buckets of CPU time. `hold`: a guest is to stand still, or no longer. */
export class CpuDriver {
  readonly #ports: Pick<Ports, 'cgroups' | 'store' | 'clock'>;
  readonly #hold: (guest: string, holds: boolean) => void;
  readonly #driven = new Map<string, Driving>();
  /** What was to be granted to them was refused a moment ago. */
  readonly #resting = new Set<string>();

  constructor(ports: Pick<Ports, 'cgroups' | 'store' | 'clock'>, hold: (guest: string, holds: boolean) => void) {
    this.#ports = ports;
    this.#hold = hold;
  }

  /** Undefined: nobody drives it. */
  of(guest: string): Driving | undefined {
    return this.#driven.get(guest);
  }

  /** Whether nobody has to let go of a guest that is to have this bucket. */
  goesBy(guest: string, policy: BucketPolicy | undefined): boolean {
    const driving = this.#driven.get(guest);
    return driving === undefined || isDeepStrictEqual(driving.policy, policy);
  }

  /** As they were at the last look; a guest in debt has none. */
  tokens(guest: string): Tokens | undefined {
    const { policy, drive } = this.#driven.get(guest) ?? {};
    if (policy === undefined || drive === undefined) return undefined;
    return { held: Math.max(0, Math.floor(drive.bucket.tokensUs / policy.tickUs)), size: policy.size };
  }

  /** From now on by this bucket; undefined: it has none, or one that the kernel keeps. */
  async drive(guest: string, instance: GuestInstance, epoch: string, policy: BucketPolicy | undefined): Promise<void> {
    const { cgroups } = this.#ports;
    const known = this.#driven.get(guest);
    const plan = policy && planCpu(policy, cgroups.host.cpus);
    if (policy === undefined || plan?.by !== 'ledger') return this.stop(guest);
    const before = known?.epoch === epoch ? known : undefined;
    if (before !== undefined && isDeepStrictEqual(before.policy, policy)) {
      before.instance = instance; // it may have another init
      return;
    }
    this.#drop(guest);
    if (this.#resting.has(guest)) return;
    const sample = cgroups.cpu(instance);
    if (sample === undefined) return; // it ends, or has no CPU controller, which is told
    const bucket = before?.drive.bucket ?? this.#bucketOf(guest, epoch, policy, sample);
    const driving = this.#driving(guest, instance, epoch, policy, plan.quota, newDrive(bucket, sample));
    driving.holds = before?.holds ?? false;
    this.#driven.set(guest, driving);
    this.#look(guest, driving);
  }

  /** Nobody drives it from now on; one that stands still has its quota back when this is over. */
  async stop(guest: string): Promise<void> {
    const driving = this.#drop(guest);
    if (driving?.holds) await this.#standStill(guest, driving, false);
  }

  #drop(guest: string): Driving | undefined {
    const driving = this.#driven.get(guest);
    driving?.cancelLook();
    this.#driven.delete(guest);
    if (driving !== undefined) this.#ports.cgroups.forgetCpu(driving.instance);
    return driving;
  }

  #driving(
    guest: string,
    instance: GuestInstance,
    epoch: string,
    policy: BucketPolicy,
    quota: Quota,
    drive: Drive,
  ): Driving {
    const { cgroups, clock } = this.#ports;
    const lookLater = paced(clock, KEEP_MS, () => {
      if (this.#driven.get(guest) === driving) this.#hold(guest, driving.holds);
    });
    const driving: Driving = {
      instance,
      epoch,
      policy,
      quota,
      pace: paceOf(quota, policy, cgroups.host.cpus),
      drive,
      holds: false,
      keptUntil: 0,
      cancelLook: () => {},
      lookLater,
    };
    return driving;
  }

  #bucketOf(guest: string, epoch: string, policy: BucketPolicy, sample: CpuSample): Bucket {
    const kept = this.#ports.store.bucket(guest);
    return kept?.epoch === epoch ? kept.bucket : fullBucket(policy, sample);
  }

  #look(guest: string, driving: Driving): void {
    const { cgroups, clock } = this.#ports;
    const sample = cgroups.cpu(driving.instance);
    if (sample === undefined) return void this.#drop(guest); // it has ended
    const { drive, step, wakeAtUs } = driven(driving.drive, driving.policy, sample, driving.pace);
    driving.drive = drive;
    this.#keep(guest, driving);
    if (step === 'grant') void this.#grant(guest, driving);
    if (drive.holds !== driving.holds) void this.#standStill(guest, driving, drive.holds);
    driving.cancelLook = clock.wake(clock.now() + (wakeAtUs - sample.atUs) / 1000, () => this.#look(guest, driving));
  }

  // What cannot be granted is no bucket: the next pass finds out why, and a little later it is tried again.
  async #grant(guest: string, driving: Driving): Promise<void> {
    const answer = await this.#ports.cgroups.grantCpu(driving.instance, driving.quota);
    if (answer.ok || this.#driven.get(guest) !== driving) return;
    this.#drop(guest);
    this.#resting.add(guest);
    const { clock } = this.#ports;
    clock.wake(clock.now() + KEEP_MS, () => {
      this.#resting.delete(guest);
      this.#hold(guest, false);
    });
  }

  // A guest that stands still does not do so for ever when both this agent and its executor end.
  async #standStill(guest: string, driving: Driving, holds: boolean): Promise<void> {
    const { instance, quota } = driving;
    const { cgroups } = this.#ports;
    driving.holds = holds;
    await (holds ? cgroups.holdCpu(instance, quota) : cgroups.grantCpu(instance, quota));
    this.#hold(guest, driving.holds);
  }

  // What cannot be kept now is kept at a later look: only an agent that ends before that counts from an older one.
  #keep(guest: string, driving: Driving): void {
    const { store, clock } = this.#ports;
    if (clock.now() < driving.keptUntil) return;
    driving.keptUntil = clock.now() + KEEP_MS;
    store.saveBucket(guest, { epoch: driving.epoch, bucket: driving.drive.bucket });
  }
}
