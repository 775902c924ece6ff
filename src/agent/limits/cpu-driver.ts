import { isDeepStrictEqual } from 'node:util';
import { drawn, fullBucket, isNearlyFull, surelyDrawn } from '../../limits/bucket.ts';
import { type Drive, driven, newDrive, type Pace, paceOf, woken } from '../../limits/drive.ts';
import { planCpu } from '../../limits/quota.ts';
import type { Bucket } from '../../model/bucket.ts';
import type { CpuSample } from '../../model/cpu-sample.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { Bursts, Quota } from '../../model/limit.ts';
import type { BucketPolicy } from '../../model/policy.ts';
import type { Tokens } from '../../model/usage.ts';
import type { Heard } from '../../ports/cgroups.ts';
import type { Answer } from '../../ports/executor.ts';
import { paced } from '../paced.ts';
import type { Ports } from '../world.ts';
import type { BurstsChoice } from './bursts.ts';
import type { CpuWishes, Driving } from './driving.ts';
import { IdleSharing } from './idle-sharing.ts';
import { KeptBuckets } from './kept-buckets.ts';
import { watchForOthers } from './watch-for-others.ts';

const REST_MS = 1000;
/** A raised quota that nobody looks after is not there for longer: three looks. */
const LEASE_MS = 150;
/** Where the kernel does not tell: one that begins to want more waits for that long. */
const CALM_US = 1_000_000;

/** Keeps guests to buckets of CPU time. */
export class CpuDriver {
  readonly #ports: Pick<Ports, 'cgroups' | 'clock'>;
  readonly #wishes: CpuWishes;
  readonly #bursts: Pick<BurstsChoice, 'by' | 'find'>;
  readonly #kept: KeptBuckets;
  readonly #driven = new Map<string, Driving>();
  /** What was to be granted to them was refused a moment ago. */
  readonly #resting = new Set<string>();
  readonly #idle: IdleSharing;

  constructor(
    ports: Pick<Ports, 'cgroups' | 'store' | 'clock'>,
    wishes: CpuWishes,
    bursts: Pick<BurstsChoice, 'by' | 'find'>,
  ) {
    this.#ports = ports;
    this.#wishes = wishes;
    this.#bursts = bursts;
    this.#kept = new KeptBuckets(ports);
    this.#idle = new IdleSharing(ports, (guest) => this.#lookAt(guest));
  }

  /** How a guest with this bucket gets what it saved up: found out where it matters. */
  async bursts(policy: BucketPolicy | undefined): Promise<Bursts> {
    if (policy !== undefined && planCpu(policy, this.#ports.cgroups.host.cpus).by === 'ledger')
      await this.#bursts.find();
    return this.#bursts.by;
  }

  /** Undefined: nobody drives it. */
  of(guest: string): Driving | undefined {
    return this.#driven.get(guest);
  }

  /** Whether nobody has to let go of a guest that is to have this bucket. */
  goesBy(guest: string, policy: BucketPolicy | undefined): boolean {
    const driving = this.#driven.get(guest);
    return driving === undefined || this.#isAsSaid(driving, policy);
  }

  #isAsSaid({ policy, pace }: Driving, wanted: BucketPolicy | undefined): boolean {
    return isDeepStrictEqual(policy, wanted) && pace.bursts === this.#bursts.by;
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
    this.#lookAt(guest, woken);
  }

  /** A guest that stood still when a former agent ended does so before anything else is written. Answers whether it does. */
  async resume(
    guest: string,
    instance: GuestInstance,
    epoch: string,
    policy: BucketPolicy | undefined,
  ): Promise<boolean> {
    if (policy?.hold !== 'strict' || this.#driven.has(guest)) return false;
    const { cgroups } = this.#ports;
    const sample = cgroups.cpu(instance);
    const pace = this.#paceOf(policy, planCpu(policy, cgroups.host.cpus).quota, undefined);
    const bucket = sample && this.#kept.of(guest, epoch, policy, sample, pace);
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
    const plan = policy && planCpu(policy, cgroups.host.cpus, this.#bursts.by);
    if (policy === undefined || plan?.by !== 'ledger') {
      await this.stop(guest);
      return this.#kept.remove(guest);
    }
    const known = this.#driven.get(guest);
    if (known?.epoch === epoch && this.#isAsSaid(known, policy)) return this.#goOn(guest, known, instance, heard);
    this.#drop(guest);
    if (this.#resting.has(guest)) return;
    const sample = cgroups.cpu(instance);
    if (sample === undefined) return; // it ends, or has no CPU controller, which is told
    const pace = this.#paceOf(policy, plan.quota, heard);
    const bucket = this.#kept.of(guest, epoch, policy, sample, pace) ?? fullBucket(policy, sample);
    const driving = this.#driving(guest, instance, epoch, policy, plan.quota, pace, newDrive(bucket, sample), heard);
    this.#driven.set(guest, driving);
    await this.#look(guest, driving);
  }

  /** Nobody drives it from now on; one that stands still has its quota back when this is over. */
  async stop(guest: string): Promise<void> {
    const driving = this.#driven.get(guest);
    if (driving !== undefined) this.#keepNow(guest, driving);
    this.#drop(guest);
    if (driving?.drive.isRaised) await this.#lower(guest, driving);
    if (driving?.drive.holds) await this.#standStill(guest, driving, false);
  }

  /** The agent ends. */
  keepAll(): void {
    for (const [guest, driving] of this.#driven) this.#keepNow(guest, driving);
  }

  #keepNow(guest: string, driving: Driving): void {
    const { drive, policy, instance, pace } = driving;
    const sample = this.#ports.cgroups.cpu(instance);
    const bucket = sample === undefined ? drive.bucket : surelyDrawn(drive.bucket, policy, sample, pace.doubtUs);
    this.#kept.keepNow(guest, driving.epoch, bucket);
  }

  #drop(guest: string): void {
    const driving = this.#driven.get(guest);
    this.#driven.delete(guest);
    this.#kept.forget(guest);
    if (driving === undefined) return;
    driving.cancelLook();
    this.#idle.leave(driving);
    this.#ports.cgroups.forgetCpu(driving.instance);
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
    pace: Pace,
    drive: Drive,
    heard: Heard | undefined,
  ): Driving {
    const later = (isWorth: () => boolean) =>
      paced(this.#ports.clock, REST_MS, () => {
        if (this.#driven.get(guest) === driving && isWorth()) this.#wishes.look(guest);
      });
    const [lookLater, checkLater] = [later(() => true), later(() => !this.#hasItsQuota(driving))];
    const driving: Driving = {
      guest,
      instance,
      epoch,
      policy,
      quota,
      pace,
      heard,
      drive,
      since: drive.bucket,
      overdrawnAt: undefined,
      cancelLook: () => {},
      lookLater,
      checkLater,
    };
    return driving;
  }

  #hasItsQuota({ instance, quota, drive }: Driving): boolean {
    const held = this.#ports.cgroups.quota(instance);
    return drive.isRaised ? held !== undefined : !drive.holds && isDeepStrictEqual(held, quota);
  }

  #paceOf(policy: BucketPolicy, quota: Quota, heard: Heard | undefined): Pace {
    const calmUs = heard?.stalls ? Number.POSITIVE_INFINITY : CALM_US;
    return paceOf(quota, policy, this.#ports.cgroups.host.cpus, calmUs, this.#bursts.by);
  }

  #lookAt(guest: string, seen = asItIs): void {
    const driving = this.#driven.get(guest);
    if (driving !== undefined) void this.#look(guest, driving, seen);
  }

  /** Resolves when the guest stands still, or goes on, as it should. */
  async #look(guest: string, driving: Driving, seen = asItIs): Promise<void> {
    const { cgroups, clock } = this.#ports;
    driving.cancelLook();
    const sample = cgroups.cpu(driving.instance);
    if (sample === undefined) return this.stop(guest); // it has ended, or cannot be read now: nobody stands still for ever
    if (sample.throttles > driving.drive.throttles && seen === woken) driving.lookLater();
    const { drive, step, wakeAtUs } = driven(seen(driving.drive, sample), driving.policy, sample, driving.pace);
    const { isRaised: wasRaised, holds: held } = driving.drive;
    driving.drive = drive;
    const isGiven = wasRaised || (step !== 'none' && !(step === 'hold' && held));
    watchForOthers(clock, driving, sample, isGiven);
    const isFull = isNearlyFull(drive.bucket, driving.policy, driving.pace.doubtUs);
    this.#kept.keep(guest, driving.epoch, drive.bucket, isFull);
    this.#idle.seen(driving);
    if (Number.isFinite(wakeAtUs)) {
      const wakeAt = clock.now() + (wakeAtUs - sample.atUs) / 1000;
      driving.cancelLook = clock.wake(wakeAt, () => void this.#look(guest, driving));
    }
    if (step === 'grant') void this.#grant(guest, driving);
    if (step === 'raise') void this.#raise(guest, driving);
    if (wasRaised && !drive.isRaised) await this.#lower(guest, driving);
    if (step === 'hold' || step === 'release') await this.#standStill(guest, driving, drive.holds);
  }

  async #grant(guest: string, driving: Driving): Promise<void> {
    this.#granted(guest, driving, await this.#ports.cgroups.grantCpu(driving.instance, driving.quota));
  }

  // Said first, as of who stands still.
  async #raise(guest: string, driving: Driving): Promise<void> {
    const { instance, quota, pace } = driving;
    const mostUs = pace.cpus * quota.periodUs;
    this.#wishes.lease(guest, { quota, mostUs });
    this.#granted(guest, driving, await this.#ports.cgroups.leaseCpu(instance, quota, mostUs, LEASE_MS));
  }

  async #lower(guest: string, driving: Driving): Promise<void> {
    await this.#ports.cgroups.endLease(driving.instance, driving.quota);
    const isAgain = this.#driven.get(guest) === driving && driving.drive.isRaised;
    if (!isAgain) this.#wishes.lease(guest, undefined);
    driving.lookLater();
  }

  // What cannot be granted is no bucket: the next pass finds out why, and a little later it is tried again.
  #granted(guest: string, driving: Driving, answer: Answer<void>): void {
    if (answer.ok || this.#driven.get(guest) !== driving) return;
    this.#drop(guest);
    this.#resting.add(guest);
    const { clock } = this.#ports;
    clock.wake(clock.now() + REST_MS, () => {
      this.#resting.delete(guest);
      this.#wishes.lease(guest, undefined); // it is over by itself
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
