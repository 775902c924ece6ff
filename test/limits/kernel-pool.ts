import { fullBucket, isNearlyFull, takenUp } from '../../src/limits/bucket.ts';
import { type Drive, driven, newDrive, type Pace, paceOf } from '../../src/limits/drive.ts';
import { planCpu } from '../../src/limits/quota.ts';
import type { Bucket } from '../../src/model/bucket.ts';
import type { Bursts, Quota } from '../../src/model/limit.ts';
import type { BucketPolicy } from '../../src/model/policy.ts';

export const MS = 1000;
const HOLD_US = 1000;

/** What a guest used in each millisecond, microseconds. */
export type Used = readonly number[];

/**
 * What the kernel does with a quota that is written: fills its pool up, caps what is in it, or lets that be until the next period.
 * Linux does the first.
 */
export type OnWrite = 'fills' | 'caps' | 'waits';

/** A raised quota that nobody renews is what it was after that. */
export const LEASE_MS = 150;

export interface RunOptions {
  readonly cpus?: number;
  /** Absent: fills. */
  readonly onWrite?: OnWrite;
  readonly bursts?: Bursts;
  /** How many processors the guest wants in this millisecond. */
  readonly wants: (ms: number) => number;
  /** The driver dies then. */
  readonly diesAtMs?: number;
  /** Nobody looks from then on, for so long; or the driver ends, and another takes up the bucket that was kept. */
  readonly outage?: { readonly fromMs: number; readonly ms: number; readonly restarts?: boolean };
  readonly start?: Bucket;
}

/** Runs a guest under the driver and the kernel, a millisecond a step. */
export function run(policy: BucketPolicy, ms: number, options: RunOptions): Used {
  const { cpus = 2, wants, diesAtMs = ms, outage, bursts = 'grant' } = options;
  const { quota } = planCpu(policy, cpus, bursts);
  const pool = new Pool(quota, options.onWrite);
  const driver = new Driver(policy, cpus, pool, options.start, bursts);
  const used: number[] = [];
  for (let at = 0; at < ms; at += 1) {
    pool.tick(at * MS);
    pool.expire(at * MS);
    const isOut = outage !== undefined && at >= outage.fromMs && at < outage.fromMs + outage.ms;
    if (outage?.restarts && at === outage.fromMs + outage.ms) driver.takeUp(at * MS);
    if (!isOut && at < diesAtMs) driver.look(at * MS);
    used.push(pool.take(Math.min(cpus, wants(at)) * MS));
  }
  return used;
}

/** The kernel's bandwidth control: a pool that is filled in each period, and by every write; and who ends leases. */
export class Pool {
  readonly quota: Quota;
  readonly #onWrite: OnWrite;
  total = 0;
  throttles = 0;
  #limit: number;
  #left: number;
  #wasShort = false;
  #leasedUntilUs = Number.POSITIVE_INFINITY;

  constructor(quota: Quota, onWrite: OnWrite = 'fills') {
    this.quota = quota;
    this.#onWrite = onWrite;
    this.#limit = quota.quotaUs;
    this.#left = quota.quotaUs;
  }

  tick(nowUs: number): void {
    if (nowUs % this.quota.periodUs >= MS) return;
    this.throttles += this.#wasShort ? 1 : 0;
    this.#wasShort = false;
    this.#left = this.#limit;
  }

  write(quotaUs: number): void {
    this.#limit = quotaUs;
    this.#leasedUntilUs = Number.POSITIVE_INFINITY;
    if (this.#onWrite === 'fills') this.#left = quotaUs;
    if (this.#onWrite === 'caps') this.#left = Math.min(this.#left, quotaUs);
  }

  /** A lease that goes on is no write. */
  lease(quotaUs: number, nowUs: number): void {
    if (this.#limit !== quotaUs) this.write(quotaUs);
    this.#leasedUntilUs = nowUs + LEASE_MS * MS;
  }

  expire(nowUs: number): void {
    if (nowUs >= this.#leasedUntilUs) this.write(this.quota.quotaUs);
  }

  take(wantedUs: number): number {
    const got = this.offer(wantedUs);
    this.use(got);
    return got;
  }

  /** What of it the quota leaves. */
  offer(wantedUs: number): number {
    this.#wasShort ||= this.#left < wantedUs;
    return Math.min(wantedUs, this.#left);
  }

  use(us: number): void {
    this.#left -= us;
    this.total += us;
  }
}

export class Driver {
  readonly #policy: BucketPolicy;
  readonly #pool: Pool;
  readonly pace: Pace;
  drive: Drive;
  #wakeAtUs = 0;
  /** As the disk has it. */
  #kept: Bucket;
  #wasFull = true;

  constructor(policy: BucketPolicy, cpus: number, pool: Pool, start: Bucket | undefined, bursts: Bursts = 'grant') {
    const sample = { atUs: 0, usedUs: 0, throttles: 0 };
    this.#policy = policy;
    this.#pool = pool;
    this.pace = paceOf(pool.quota, policy, cpus, 1_000_000, bursts);
    this.#kept = start ?? fullBucket(policy, sample);
    this.drive = newDrive(this.#kept, sample);
  }

  /** Another driver begins. */
  takeUp(atUs: number): void {
    const { total: usedUs, throttles } = this.#pool;
    const sample = { atUs, usedUs, throttles };
    this.drive = newDrive(takenUp(this.#kept, this.#policy, sample, this.pace.doubtUs), sample);
    this.lookNow(atUs);
  }

  look(atUs: number): void {
    if (atUs >= this.#wakeAtUs) this.lookNow(atUs);
  }

  lookNow(atUs: number): void {
    const { quota, total: usedUs, throttles } = this.#pool;
    const { drive, step, wakeAtUs } = driven(this.drive, this.#policy, { atUs, usedUs, throttles }, this.pace);
    this.drive = drive;
    this.#wakeAtUs = wakeAtUs;
    this.#keep(drive.bucket);
    if (step === 'raise') this.#pool.lease(this.pace.cpus * quota.periodUs, atUs);
    else if (step !== 'none') this.#pool.write(step === 'hold' ? HOLD_US : quota.quotaUs);
  }

  // At once when it leaves the brim, or is held or no longer; otherwise once in a second.
  #keep(bucket: Bucket): void {
    const isFull = isNearlyFull(bucket, this.#policy, this.pace.doubtUs);
    const isOther = (this.#wasFull && !isFull) || bucket.held !== this.#kept.held;
    this.#wasFull = isFull;
    if (isOther || bucket.atUs >= this.#kept.atUs + 1_000_000) this.#kept = bucket;
  }
}

export function sum(used: Used): number {
  return used.reduce((a, b) => a + b, 0);
}
