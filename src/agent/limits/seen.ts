import { sizeUs } from '../../limits/bucket.ts';
import { hitsAfter } from '../../limits/hits.ts';
import { withoutLease } from '../../limits/leased.ts';
import { policyOf } from '../../limits/policy-of.ts';
import { limitRows } from '../../limits/table.ts';
import type { GuestInstance } from '../../model/guest.ts';
import type { LimitRow } from '../../model/limit.ts';
import type { LimitsReading } from '../../ports/cgroups.ts';
import type { BucketMetrics, Measured } from '../../ports/metrics-view.ts';
import type { World } from '../world.ts';
import type { CpuDriver } from './cpu-driver.ts';
import { countHits, endLife, leaveUntold } from './hits.ts';
import type { Readings } from './limiting.ts';
import type { LimitRecord } from './record.ts';

/** What was read of guests, by their records. */
export function readings(
  world: () => World,
  recordOf: (guest: string) => LimitRecord,
  driver: Pick<CpuDriver, 'of' | 'bucket'>,
): Readings {
  return {
    reread: (guest) => void lookNow(world(), guest, recordOf(guest)),
    readAt: (guest) => recordOf(guest).seen?.at,
    measured: (guest) => measured(recordOf(guest), bucketOf(driver, guest)),
  };
}

/** Looks into the guest's cgroup, and keeps what is seen. */
export function readNow(world: World, name: string, record: LimitRecord): LimitsReading | undefined {
  const { cgroups, clock } = world.ports;
  const instance = world.records.get(name)?.guest.instance;
  if (!isSameStart(record.of, instance)) endLife(world, record);
  record.of = instance;
  record.cgroup = instance?.cgroup ?? record.cgroup;
  const reading = instance && cgroups.read(instance);
  record.seen = reading && { reading, at: clock.now() };
  return reading;
}

/** The same for somebody who is shown what there is: hits that he saw are there the next time, whatever becomes of the guest. */
export function lookNow(world: World, name: string, record: LimitRecord): LimitsReading | undefined {
  const reading = readNow(world, name, record);
  if (reading !== undefined && policyOf(world.config, name) !== undefined)
    leaveUntold(record, countHits(world, record, reading));
  return reading;
}

function isSameStart(one: GuestInstance | undefined, other: GuestInstance | undefined): boolean {
  return one?.pid === other?.pid && one?.startTime === other?.startTime && one?.cgroup === other?.cgroup;
}

function measured(record: LimitRecord, bucket: BucketMetrics | undefined): Measured {
  return { rows: rowsOf(record, record.seen?.reading), ...(bucket && { bucket }) };
}

/** With all hits ever counted; of a guest that does not run, those alone. */
export function rowsOf(
  { ledger: { hits }, leased, data }: Pick<LimitRecord, 'ledger' | 'leased' | 'data'>,
  reading: LimitsReading | undefined,
): readonly LimitRow[] {
  const { epoch, counters, below } = reading ?? { epoch: hits.epoch, counters: {} };
  const values = withoutLease(reading?.values ?? {}, leased);
  const all = hitsAfter(hits, epoch, counters, '', below);
  return limitRows(reading?.held ?? {}, values, all, reading && data);
}

function bucketOf(driver: Pick<CpuDriver, 'of' | 'bucket'>, guest: string): BucketMetrics | undefined {
  const driving = driver.of(guest);
  if (driving === undefined) return undefined;
  const { tokensUs, held } = driver.bucket(driving);
  return { tokensUs, sizeUs: sizeUs(driving.policy), held };
}
