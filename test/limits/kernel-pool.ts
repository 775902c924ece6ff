import { fullBucket } from '../../src/limits/bucket.ts';
import { type Drive, driven, newDrive, paceOf } from '../../src/limits/drive.ts';
import { planCpu } from '../../src/limits/quota.ts';
import type { Bucket } from '../../src/model/bucket.ts';
import type { Quota } from '../../src/model/limit.ts';
import type { BucketPolicy } from '../../src/model/policy.ts';

export const MS = 1000;
const HOLD_US = 1000;

/** What a guest used in each millisecond, microseconds. */
export type Used = readonly number[];

export interface RunOptions {
  readonly cpus?: number;
  /** How many processors the guest wants in this millisecond. */
  readonly wants: (ms: number) => number;
  /** The driver dies then. */
  readonly diesAtMs?: number;
  /** Nobody looks from then on, for so long. */
  readonly outage?: { readonly fromMs: number; readonly ms: number };
  readonly start?: Bucket;
}

/** Runs a guest under the driver and the kernel, a millisecond a step. */
export function run(policy: BucketPolicy, ms: number, options: RunOptions): Used {
  const { cpus = 2, wants, diesAtMs = ms, outage } = options;
  const { quota } = planCpu(policy, cpus);
  const pool = new Pool(quota);
  const driver = new Driver(policy, cpus, pool, options.start);
  const used: number[] = [];
  for (let at = 0; at < ms; at += 1) {
    pool.tick(at * MS);
    const isOut = outage !== undefined && at >= outage.fromMs && at < outage.fromMs + outage.ms;
    if (!isOut && at < diesAtMs) driver.look(at * MS);
    used.push(pool.take(Math.min(cpus, wants(at)) * MS));
  }
  return used;
}

/** The kernel's bandwidth control: a pool that is filled in each period, and by every write. */
class Pool {
  readonly quota: Quota;
  total = 0;
  throttles = 0;
  #limit: number;
  #left: number;
  #wasShort = false;

  constructor(quota: Quota) {
    this.quota = quota;
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
    this.#left = quotaUs;
  }

  take(wantedUs: number): number {
    const got = Math.min(wantedUs, this.#left);
    this.#wasShort ||= got < wantedUs;
    this.#left -= got;
    this.total += got;
    return got;
  }
}

class Driver {
  readonly #policy: BucketPolicy;
  readonly #pool: Pool;
  readonly #cpus: number;
  #drive: Drive;
  #wakeAtUs = 0;

  constructor(policy: BucketPolicy, cpus: number, pool: Pool, start: Bucket | undefined) {
    const sample = { atUs: 0, usedUs: 0, throttles: 0 };
    this.#policy = policy;
    this.#pool = pool;
    this.#cpus = cpus;
    this.#drive = newDrive(start ?? fullBucket(policy, sample), sample);
  }

  look(atUs: number): void {
    if (atUs < this.#wakeAtUs) return;
    const { quota, total: usedUs, throttles } = this.#pool;
    const pace = paceOf(quota, this.#policy, this.#cpus, 1_000_000);
    const { drive, step, wakeAtUs } = driven(this.#drive, this.#policy, { atUs, usedUs, throttles }, pace);
    this.#drive = drive;
    this.#wakeAtUs = wakeAtUs;
    if (step !== 'none') this.#pool.write(step === 'hold' ? HOLD_US : quota.quotaUs);
  }
}

export function sum(used: Used): number {
  return used.reduce((a, b) => a + b, 0);
}
