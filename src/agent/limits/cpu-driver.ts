import { isDeepStrictEqual } from 'node:util';
import { drawn, fullBucket } from '../../limits/bucket.ts';
import { type Drive, driven, newDrive, type Pace, paceOf, woken } from '../../limits/drive.ts';
import { planCpu } from '../../limits/quota.ts';
import type { Bucket } from '../../model/bucket.ts';
import type { CpuSample } from '../../model/cpu-sample.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { Quota } from '../../model/limit.ts';
import type { BucketPolicy } from '../../model/policy.ts';
import type { Tokens } from '../../model/usage.ts';
import type { Heard } from '../../ports/cgroups.ts';
import { paced } from '../paced.ts';
import type { Ports } from '../world.ts';
import { KeptBuckets } from './kept-buckets.ts';

/** A guest whose bucket the kernel cannot keep by itself. */
export interface Driving {
  instance: GuestInstance;
  readonly epoch: string;
  readonly policy: BucketPolicy;
  readonly quota: Quota;
  pace: Pace;
  /** What was told last of what the executor tells; another one when it is another executor. */
  heard: Heard | undefined;
  drive: Drive;
  cancelLook: () => void;
  /** Every grant is a change of the control file: who watches that is looked after once in a while. */
  readonly lookLater: () => void;
}

/** Who has to do with what the driver does. */
export interface CpuWishes {
  /** The guest is to stand still from now on, or no longer. */
  hold(guest: string, holds: boolean): void;
  /** What is written of it may be looked at. */
  look(guest: string): void;
}

const REST_MS = 1000;
/** Where the kernel does not tell: one that begins to want more waits for that long. */
const CALM_US = 1_000_000;

/** Keeps guests to buckets of CPU time. */
export class CpuDriver {
  readonly #ports: Pick<Ports, 'cgroups' | 'clock'>;
  readonly #wishes: CpuWishes;
  readonly #kept: KeptBuckets;
  readonly #driven = new Map<string, Driving>();
  /** What was to be granted to them was refused a moment ago. */
  readonly #resting = new Set<string>();

  constructor(ports: Pick<Ports, 'cgroups' | 'store' | 'clock'>, wishes: CpuWishes) {
    this.#ports = ports;
    this.#wishes = wishes;
    this.#kept = new KeptBuckets(ports);
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

  /** As they are now; a guest in debt has none. */
  tokens(guest: string): Tokens | undefined {
    const driving = this.#driven.get(guest);
    if (driving === undefined) return undefined;
    const { tickUs, size } = driving.policy;
    return { held: Math.max(0, Math.floor(this.bucket(driving).tokensUs / tickUs)), size };
  }

  /** As it is now: a guest that is content is not looked at for long. */
  bucket({ drive, policy, instance }: Driving): Bucket {
    const sample = this.#ports.cgroups.cpu(instance);
    return sample === undefined ? drive.bucket : drawn(drive.bucket, policy, sample);
  }

  /** The kernel held the guest back. */
  rang(guest: string): void {
    const driving = this.#driven.get(guest);
    if (driving !== undefined) void this.#look(guest, driving, woken);
  }

  /** A guest that stood still when a former agent ended does so before anything else is written. Answers whether it does. */
  async resume(
    guest: string,
    instance: GuestInstance,
    epoch: string,
    policy: BucketPolicy | undefined,
  ): Promise<boolean> {
    if (policy?.hold !== 'strict' || this.#driven.has(guest)) return false;
    const sample = this.#ports.cgroups.cpu(instance);
    const bucket = sample && this.#kept.of(guest, epoch, policy, sample);
    if (bucket?.held !== true) return false;
    await this.drive(guest, instance, epoch, policy, undefined);
    return true;
  }

  /** From now on by this bucket; undefined: it has none, or one that the kernel keeps. */
  async drive(
    guest: string,
    instance: GuestInstance,
    epoch: string,
    policy: BucketPolicy | undefined,
    heard: Heard | undefined,
  ): Promise<void> {
    const { cgroups } = this.#ports;
    const plan = policy && planCpu(policy, cgroups.host.cpus);
    if (policy === undefined || plan?.by !== 'ledger') {
      await this.stop(guest);
      return this.#kept.remove(guest);
    }
    const known = this.#driven.get(guest);
    if (known?.epoch === epoch && isDeepStrictEqual(known.policy, policy))
      return this.#goOn(guest, known, instance, heard);
    this.#drop(guest);
    if (this.#resting.has(guest)) return;
    const sample = cgroups.cpu(instance);
    if (sample === undefined) return; // it ends, or has no CPU controller, which is told
    const bucket = this.#kept.of(guest, epoch, policy, sample) ?? fullBucket(policy, sample);
    const driving = this.#driving(guest, instance, epoch, policy, plan.quota, newDrive(bucket, sample), heard);
    this.#driven.set(guest, driving);
    await this.#look(guest, driving);
  }

  /** Nobody drives it from now on; one that stands still has its quota back when this is over. */
  async stop(guest: string): Promise<void> {
    const driving = this.#driven.get(guest);
    if (driving !== undefined) this.#keepNow(guest, driving);
    this.#drop(guest);
    if (driving?.drive.holds) await this.#standStill(guest, driving, false);
  }

  /** The agent ends. */
  keepAll(): void {
    for (const [guest, driving] of this.#driven) this.#keepNow(guest, driving);
  }

  #keepNow(guest: string, driving: Driving): void {
    this.#kept.keepNow(guest, driving.epoch, this.bucket(driving));
  }

  #drop(guest: string): void {
    const driving = this.#driven.get(guest);
    driving?.cancelLook();
    this.#driven.delete(guest);
    this.#kept.forget(guest);
    if (driving !== undefined) this.#ports.cgroups.forgetCpu(driving.instance);
  }

  // Another executor knows of no guest that stands still, and told nothing of what happened before it listened.
  async #goOn(guest: string, driving: Driving, instance: GuestInstance, heard: Heard | undefined): Promise<void> {
    driving.instance = instance; // it may have another init
    const former = driving.heard;
    if (former === heard) return;
    driving.heard = heard ?? former;
    driving.pace = this.#paceOf(driving.policy, driving.quota, heard);
    const isOther = former !== undefined && heard !== undefined;
    if (isOther && driving.drive.holds) await this.#standStill(guest, driving, true);
    await this.#look(guest, driving);
  }

  #driving(
    guest: string,
    instance: GuestInstance,
    epoch: string,
    policy: BucketPolicy,
    quota: Quota,
    drive: Drive,
    heard: Heard | undefined,
  ): Driving {
    const lookLater = paced(this.#ports.clock, REST_MS, () => {
      if (this.#driven.get(guest) === driving) this.#wishes.look(guest);
    });
    const pace = this.#paceOf(policy, quota, heard);
    const driving: Driving = { instance, epoch, policy, quota, pace, heard, drive, cancelLook: () => {}, lookLater };
    return driving;
  }

  #paceOf(policy: BucketPolicy, quota: Quota, heard: Heard | undefined): Pace {
    const calmUs = heard?.stalls ? Number.POSITIVE_INFINITY : CALM_US;
    return paceOf(quota, policy, this.#ports.cgroups.host.cpus, calmUs);
  }

  /** Resolves when the guest stands still, or goes on, as it should. */
  async #look(guest: string, driving: Driving, seen = asItIs): Promise<void> {
    const { cgroups, clock } = this.#ports;
    driving.cancelLook();
    const sample = cgroups.cpu(driving.instance);
    if (sample === undefined) return this.stop(guest); // it has ended, or cannot be read now: nobody stands still for ever
    if (sample.throttles > driving.drive.throttles && seen === woken) driving.lookLater();
    const { drive, step, wakeAtUs } = driven(seen(driving.drive, sample), driving.policy, sample, driving.pace);
    driving.drive = drive;
    this.#kept.keep(guest, driving.epoch, drive.bucket);
    if (Number.isFinite(wakeAtUs)) {
      const wakeAt = clock.now() + (wakeAtUs - sample.atUs) / 1000;
      driving.cancelLook = clock.wake(wakeAt, () => void this.#look(guest, driving));
    }
    if (step === 'grant') void this.#grant(guest, driving);
    if (step === 'hold' || step === 'release') await this.#standStill(guest, driving, drive.holds);
  }

  // What cannot be granted is no bucket: the next pass finds out why, and a little later it is tried again.
  async #grant(guest: string, driving: Driving): Promise<void> {
    const answer = await this.#ports.cgroups.grantCpu(driving.instance, driving.quota);
    if (answer.ok || this.#driven.get(guest) !== driving) return;
    this.#drop(guest);
    this.#resting.add(guest);
    const { clock } = this.#ports;
    clock.wake(clock.now() + REST_MS, () => {
      this.#resting.delete(guest);
      this.#wishes.look(guest);
    });
  }

  // Said first: whoever writes meanwhile writes the same. The executor gives it its quota back when this agent ends.
  async #standStill(guest: string, { instance, quota }: Driving, holds: boolean): Promise<void> {
    const { cgroups } = this.#ports;
    this.#wishes.hold(guest, holds);
    await (holds ? cgroups.holdCpu(instance, quota) : cgroups.grantCpu(instance, quota));
    this.#wishes.look(guest);
  }
}

function asItIs(drive: Drive, _: CpuSample): Drive {
  return drive;
}
