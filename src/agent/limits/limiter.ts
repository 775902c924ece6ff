import { policyOf } from '../../limits/policy-of.ts';
import type { Victim } from '../../model/alert.ts';
import { type Stopwatch, timed } from '../metrics/stopwatch.ts';
import { paced } from '../paced.ts';
import { createQueue, type Queue } from '../queue.ts';
import type { Ports, World } from '../world.ts';
import { countBeside } from './count.ts';
import { CpuDriver, type CpuWishes } from './cpu-driver.ts';
import { tellAtEnd } from './end.ts';
import { keepAllHits } from './hits.ts';
import { killHeard, tellKill } from './kills.ts';
import type { Limiter } from './limiting.ts';
import { Looks } from './looks.ts';
import { limitsPass } from './pass.ts';
import { plannedWrites } from './plan-now.ts';
import { noteVictim } from './raise.ts';
import { EMPTY_LEDGER, type LimitRecord, newLimitRecord } from './record.ts';
import { noteChange } from './rewritten.ts';
import { readings } from './seen.ts';
import { limitsView } from './view.ts';

type LimiterPorts = Pick<Ports, 'cgroups' | 'store' | 'clock'>;

/** A queue of its own: a guest that does not let its devices be looked at is limited all the same. */
export function createLimiter(ports: LimiterPorts, world: () => World, stopwatch: Stopwatch): Limiter {
  const { clock } = ports;
  const { records, recordOf, forgetRecord } = limitRecords(ports);
  const driver = new CpuDriver(
    ports,
    cpuWishes(records, (guest) => queue.add(guest)),
  );
  const look = (guest: string) => limitsPass(world(), guest, recordOf(guest), driver);
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
      if (lookAtCpu(driver, guest, file)) return;
      noteChange(records.get(guest), file, clock.now());
      looks.ask(guest, file);
    },
    killed(victim) {
      const guest = guestOf(world(), records, victim.cgroup);
      if (guest === undefined || policyOf(world().config, guest) === undefined) return;
      takeKill(world(), guest, recordOf(guest), victim);
      looks.ask(guest, 'kill');
    },
    hearAgain: () => hearAgain(records, queue),
    isIdle: () => queue.isIdle(),
    isRested: (guest) => queue.isRested(guest),
    passed: (guest) => queue.passed(guest),
    plan: (guest) => plannedWrites(world(), guest, recordOf(guest)),
    refusals: (guest) => recordOf(guest).refusals,
    tokens: (guest) => driver.tokens(guest),
    view: (guest) => limitsView(world(), guest, recordOf(guest)),
    ...readings(world, recordOf, driver),
    end() {
      driver.keepAll();
      keepAllHits(ports, records);
      tellAtEnd(world(), records);
    },
    forget(guest) {
      forgetRecord(guest);
      for (const one of [looks, queue, counts]) one.forget(guest);
      void driver.stop(guest);
    },
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
    look(guest) {
      if (records.has(guest)) add(guest);
    },
  };
}

/** Whether somebody keeps the guest's bucket, who was told. */
function lookAtCpu(driver: CpuDriver, guest: string, file: string): boolean {
  const driving = file.startsWith('cpu.') ? driver.of(guest) : undefined;
  if (driving === undefined) return false;
  if (file === 'cpu.pressure') driver.rang(guest);
  else driving.lookLater();
  return true;
}

function takeKill(
  world: World,
  guest: string,
  record: LimitRecord,
  { pid, command, cgroup }: Victim & { readonly cgroup: string },
): void {
  killHeard(world, record, cgroup);
  tellKill(world, guest, { pid, command });
  noteVictim(world.ports, record, { pid, command });
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

/** The log may tell of a kill a moment after it has ended the guest. */
function guestOf({ records }: World, limits: ReadonlyMap<string, LimitRecord>, cgroup: string): string | undefined {
  const guests = [...records.values()].map(({ guest }) => guest);
  const running = guests.find(({ instance }) => isBelow(cgroup, instance?.cgroup));
  return (running ?? guests.find(({ name }) => isBelow(cgroup, limits.get(name)?.cgroup)))?.name;
}

function isBelow(cgroup: string, above: string | undefined): boolean {
  return above !== undefined && (cgroup === above || cgroup.startsWith(`${above}/`));
}
