import { isOfQuota } from '../../limits/files.ts';
import { policyOf } from '../../limits/policy-of.ts';
import { type Stopwatch, timed } from '../metrics/stopwatch.ts';
import { paced } from '../paced.ts';
import { createQueue, type Queue } from '../queue.ts';
import type { Ports, World } from '../world.ts';
import { BurstsChoice } from './bursts.ts';
import { countBeside } from './count.ts';
import { CpuDriver } from './cpu-driver.ts';
import type { CpuWishes } from './driving.ts';
import { tellAtEnd } from './end.ts';
import { keepAllHits } from './hits.ts';
import type { Limiter } from './limiting.ts';
import { Looks } from './looks.ts';
import { byForce } from './lower.ts';
import { limitsPass } from './pass.ts';
import { plannedWrites } from './plan-now.ts';
import { EMPTY_LEDGER, type LimitRecord, newLimitRecord } from './record.ts';
import { noteChange } from './rewritten.ts';
import { readings } from './seen.ts';
import { toldByKernel } from './told-by-kernel.ts';
import { Tracing } from './tracing.ts';
import { limitsView } from './view.ts';

type LimiterPorts = Pick<Ports, 'cgroups' | 'store' | 'clock'>;

/** A queue of its own: a guest that does not let its devices be looked at is limited all the same. */
export function createLimiter(ports: LimiterPorts, world: () => World, stopwatch: Stopwatch): Limiter {
  const { clock } = ports;
  const { records, recordOf, forgetRecord } = limitRecords(ports);
  const bursts = new BurstsChoice(world);
  const wishes = cpuWishes(records, (guest) => queue.add(guest));
  const driver = new CpuDriver(ports, wishes, bursts);
  const tracing = new Tracing();
  const look = (guest: string) => {
    tracing.wantBy(world(), guest);
    return limitsPass(world(), guest, recordOf(guest), driver);
  };
  const queue = createQueue(timed(look, clock, stopwatch), clock);
  const counts = createQueue(async (guest) => countBeside(world(), guest, recordOf(guest)), clock);
  const looks = new Looks(clock, (guest) => lookAt(guest, queue, counts));
  const lookAtDisks = paced(clock, DISKS_REST_MS, () => {
    for (const guest of withDisks(world())) queue.add(guest);
  });
  return {
    lookAtDisks,
    look(guest, file) {
      if (file === undefined) return queue.add(guest);
      glance(ports, records.get(guest), file);
      if (lookAtCpu(driver, guest, file)) return;
      noteChange(records.get(guest), file, clock.now());
      looks.ask(guest, file);
    },
    ...toldByKernel(world, records, recordOf, looks),
    hearAgain() {
      tracing.again();
      hearAgain(records, queue);
    },
    ...restOf(queue),
    force: (guest) => byForce(recordOf(guest), () => passNow(queue, guest)),
    plan: (guest) => plannedWrites(world(), guest, recordOf(guest), bursts.by),
    bursts,
    refusals: (guest) => recordOf(guest).refusals,
    tokens: (guest) => driver.tokens(guest),
    warnings: () => [...tracing.refusals, ...bursts.warnings()],
    view: (guest) => limitsView(world(), guest, recordOf(guest), tracing),
    ...readings(world, recordOf, driver),
    end: () => endAll(ports, world(), records, driver),
    forget(guest) {
      forgetRecord(guest);
      tracing.forget(world(), guest);
      for (const one of [looks, queue, counts]) one.forget(guest);
      void driver.stop(guest);
    },
  };
}

function glance({ cgroups }: LimiterPorts, record: LimitRecord | undefined, file: string): void {
  if (record?.of !== undefined) cgroups.glance(record.of, file);
}

function passNow(queue: Queue, guest: string): Promise<void> {
  queue.add(guest);
  return queue.passed(guest);
}

function endAll(ports: LimiterPorts, world: World, records: ReadonlyMap<string, LimitRecord>, driver: CpuDriver): void {
  driver.keepAll();
  keepAllHits(ports, records);
  tellAtEnd(world, records);
}

function restOf(queue: Queue): Pick<Limiter, 'isIdle' | 'isRested' | 'passed'> {
  return {
    isIdle: () => queue.isIdle(),
    isRested: (guest) => queue.isRested(guest),
    passed: (guest) => queue.passed(guest),
  };
}

// A pass that waits keeps nobody from hearing what the guest hit.
function lookAt(guest: string, queue: Queue, counts: Queue): void {
  if (!queue.isRested(guest)) counts.add(guest);
  queue.add(guest);
}

// What is not among the records is not on this host any more.
function cpuWishes(records: ReadonlyMap<string, LimitRecord>, add: (guest: string) => void): CpuWishes {
  return {
    hold(guest, holds) {
      const record = records.get(guest);
      if (record !== undefined) record.holds = holds;
    },
    lease(guest, leased) {
      const record = records.get(guest);
      if (record !== undefined) record.leased = leased;
    },
    look(guest) {
      if (records.has(guest)) add(guest);
    },
  };
}

/** Whether somebody keeps the guest's bucket, who was told. */
function lookAtCpu(driver: CpuDriver, guest: string, file: string): boolean {
  const driving = driver.of(guest);
  const isRing = file === 'cpu.pressure';
  if (driving === undefined || !(isRing || isOfQuota(file))) return false;
  if (isRing) driver.rang(guest);
  else driving.checkLater();
  return true;
}

function hearAgain(records: ReadonlyMap<string, LimitRecord>, queue: Queue): void {
  for (const [guest, record] of records) {
    record.watched = '';
    record.heard = undefined;
    queue.add(guest);
  }
}

function limitRecords({ store, clock, cgroups }: LimiterPorts) {
  const records = new Map<string, LimitRecord>();
  const recordOf = (guest: string) => {
    const record = records.get(guest) ?? newLimitRecord(store.limits(guest) ?? EMPTY_LEDGER, clock.now());
    records.set(guest, record);
    return record;
  };
  const forgetRecord = (guest: string) => {
    const { of, watched = '' } = records.get(guest) ?? {};
    if (of !== undefined) cgroups.end(of);
    if (watched !== '') void cgroups.unwatch(guest);
    records.delete(guest);
  };
  return { records, recordOf, forgetRecord };
}

/** Disks come in crowds, and with their partitions. */
const DISKS_REST_MS = 250;

function withDisks({ records, config }: World): readonly string[] {
  return [...records.keys()].filter((guest) => (policyOf(config, guest)?.io.disks ?? []).length > 0);
}
