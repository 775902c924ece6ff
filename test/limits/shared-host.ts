import { type HostLook, IDLE_STEP_US, idleMember, shareIdle } from '../../src/limits/idle.ts';
import { planCpu } from '../../src/limits/quota.ts';
import type { Bucket } from '../../src/model/bucket.ts';
import type { BucketPolicy } from '../../src/model/policy.ts';
import { Driver, MS, Pool, type RunOptions, type Used } from './kernel-pool.ts';

/** Who runs on a host. */
export interface Tenant {
  /** Absent: nothing holds it. */
  readonly policy?: BucketPolicy;
  /** How many processors it wants in this millisecond. */
  readonly wants: (ms: number) => number;
  /** Usual: 100. */
  readonly weight?: number;
  readonly start?: Bucket;
}

export interface Shared {
  readonly used: readonly Used[];
  /** What each had ever been given of what others left idle, microseconds. */
  readonly givenUs: readonly number[];
}

export interface SharedOptions extends Pick<RunOptions, 'bursts' | 'onWrite' | 'diesAtMs'> {
  readonly cpus: number;
}

/** Runs them together, a millisecond a step. */
export function shared(tenants: readonly Tenant[], ms: number, options: SharedOptions): Shared {
  const { cpus, diesAtMs = ms } = options;
  const held = tenants.map((tenant) => new Held(tenant, options));
  const driver = new Sharer(held, cpus);
  const used = tenants.map((): number[] => []);
  let idleUs = 0;
  for (let at = 0; at < ms; at += 1) {
    for (const { pool } of held) {
      pool?.tick(at * MS);
      pool?.expire(at * MS);
    }
    if (at < diesAtMs) driver.look(at * MS, idleUs);
    const wanted = held.map(({ pool, tenant }) => {
      const wantedUs = Math.min(cpus, tenant.wants(at)) * MS;
      return pool?.offer(wantedUs) ?? wantedUs;
    });
    const got = byWeight(cpus * MS, wanted, tenants);
    for (const [who, us] of got.entries()) {
      held[who]?.pool?.use(us);
      used[who]?.push(us);
    }
    idleUs += cpus * MS - got.reduce((sum, us) => sum + us, 0);
  }
  return { used, givenUs: held.map(({ driver }) => driver?.given ?? 0) };
}

class Held {
  readonly tenant: Tenant;
  readonly pool: Pool | undefined;
  readonly driver: SharingDriver | undefined;

  constructor(tenant: Tenant, { cpus, bursts = 'grant', onWrite }: SharedOptions) {
    const { policy, start } = tenant;
    this.tenant = tenant;
    this.pool = policy && new Pool(planCpu(policy, cpus, bursts).quota, onWrite);
    this.driver = policy && this.pool && new SharingDriver(policy, cpus, this.pool, start, bursts);
  }
}

class SharingDriver extends Driver {
  given = 0;
  usedBefore = 0;

  give(leftUs: number): void {
    this.given += Math.max(0, leftUs - this.drive.credit.leftUs);
    this.drive = { ...this.drive, credit: { ...this.drive.credit, leftUs } };
  }
}

/** What the agent does. */
class Sharer {
  readonly #held: readonly Held[];
  readonly #cpus: number;
  #atUs = 0;
  #idleUs = 0;
  #lackingUs = 0;

  constructor(held: readonly Held[], cpus: number) {
    this.#held = held;
    this.#cpus = cpus;
  }

  look(atUs: number, exactIdleUs: number): void {
    for (const { driver } of this.#held) driver?.look(atUs);
    if (atUs - this.#atUs < IDLE_STEP_US) return;
    const idleUs = Math.floor(exactIdleUs / CLOCK_TICK_US) * CLOCK_TICK_US;
    const host = { cpus: this.#cpus, elapsedUs: atUs - this.#atUs, idleUs: idleUs - this.#idleUs };
    [this.#atUs, this.#idleUs] = [atUs, idleUs];
    this.#share(atUs, host);
  }

  #share(atUs: number, host: HostLook): void {
    const members = this.#held.flatMap(({ tenant: { policy }, driver }) => {
      if (policy?.idle === undefined || driver === undefined) return [];
      driver.lookNow(atUs);
      const member = idleMember(driver.drive, policy, atUs, driver.pace, driver.usedBefore);
      driver.usedBefore = driver.drive.credit.usedUs;
      return [{ driver, member }];
    });
    const { creditsUs, lackingUs } = shareIdle(
      host,
      members.map(({ member }) => member),
      this.#lackingUs,
    );
    this.#lackingUs = lackingUs;
    for (const [at, { driver }] of members.entries()) {
      driver.give(creditsUs[at] ?? 0);
      driver.lookNow(atUs);
    }
  }
}

/** What the kernel tells of idle time is a multiple of it. */
const CLOCK_TICK_US = 10_000;

/** What each gets of so much when it wants so much. */
function byWeight(capacityUs: number, wanted: readonly number[], tenants: readonly Tenant[]): readonly number[] {
  const got = wanted.map(() => 0);
  let left = capacityUs;
  for (let open = [...wanted.keys()]; left > 1e-6 && open.length > 0; ) {
    const weights = open.map((at) => tenants[at]?.weight ?? 100);
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    const round = left;
    for (const [index, at] of open.entries()) {
      const us = Math.min((wanted[at] ?? 0) - (got[at] ?? 0), (round * (weights[index] ?? 0)) / all);
      got[at] = (got[at] ?? 0) + us;
      left -= us;
    }
    open = open.filter((at) => (wanted[at] ?? 0) - (got[at] ?? 0) > 1e-6);
  }
  return got;
}
