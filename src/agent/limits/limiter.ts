import { policyOf } from '../../limits/policy-of.ts';
import { type Stopwatch, timed } from '../metrics/stopwatch.ts';
import { paced } from '../paced.ts';
import { createQueue, type Queue } from '../queue.ts';
import type { Ports, World } from '../world.ts';
import { CpuDriver, type CpuWishes } from './cpu-driver.ts';
import type { Limiter } from './limiting.ts';
import { limitsPass } from './pass.ts';
import { plannedWrites } from './plan-now.ts';
import { noteVictim } from './raise.ts';
import { EMPTY_LEDGER, type LimitRecord, newLimitRecord } from './record.ts';
import { readings } from './seen.ts';
import { limitsView } from './view.ts';

type LimiterPorts = Pick<Ports, 'cgroups' | 'store' | 'clock'>;

/** A queue of its own: a guest that does not let its devices be looked at is limited all the same. */
export function createLimiter(ports: LimiterPorts, world: () => World, stopwatch: Stopwatch): Limiter {
  const { store, clock } = ports;
  const { records, recordOf } = limitRecords(store);
  const driver = new CpuDriver(
    ports,
    cpuWishes(records, (guest) => queue.add(guest)),
  );
  const look = (guest: string) => limitsPass(world(), guest, recordOf(guest), driver);
  const queue = createQueue(timed(look, clock, stopwatch), clock);
  const lookAtDisks = paced(clock, DISKS_REST_MS, () => {
    for (const guest of withDisks(world())) queue.add(guest);
  });
  return {
    lookAtDisks,
    look: (guest, file = '') => (file.startsWith('cpu.') ? lookAtCpu(driver, queue, guest, file) : queue.add(guest)),
    killed({ pid, command, cgroup }) {
      const guest = guestOf(world(), cgroup);
      if (guest === undefined) return;
      noteVictim(ports, recordOf(guest), { pid, command });
      queue.add(guest);
    },
    hearAgain() {
      for (const [guest, record] of records) {
        record.watched = '';
        record.heard = undefined;
        queue.add(guest);
      }
    },
    isIdle: () => queue.isIdle(),
    isRested: (guest) => queue.isRested(guest),
    passed: (guest) => queue.passed(guest),
    plan: (guest) => plannedWrites(world(), guest, recordOf(guest)),
    refusals: (guest) => recordOf(guest).refusals,
    tokens: (guest) => driver.tokens(guest),
    view: (guest) => limitsView(world(), guest, recordOf(guest)),
    ...readings(world, recordOf, driver),
    end: () => driver.keepAll(),
    forget(guest) {
      records.delete(guest);
      queue.forget(guest);
      void driver.stop(guest);
    },
  };
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

function lookAtCpu(driver: CpuDriver, queue: Pick<Queue, 'add'>, guest: string, file: string): void {
  const driving = driver.of(guest);
  if (driving === undefined) queue.add(guest);
  else if (file === 'cpu.pressure') driver.rang(guest);
  else driving.lookLater();
}

function limitRecords(store: Ports['store']) {
  const records = new Map<string, LimitRecord>();
  const recordOf = (guest: string) => {
    const record = records.get(guest) ?? newLimitRecord(store.limits(guest) ?? EMPTY_LEDGER);
    records.set(guest, record);
    return record;
  };
  return { records, recordOf };
}

/** Disks come in crowds, and with their partitions. */
const DISKS_REST_MS = 250;

function withDisks({ records, config }: World): readonly string[] {
  return [...records.keys()].filter((guest) => (policyOf(config, guest)?.io.disks ?? []).length > 0);
}

function guestOf({ records }: World, cgroup: string): string | undefined {
  const found = [...records.values()].find(({ guest: { instance } }) => isBelow(cgroup, instance?.cgroup));
  return found?.guest.name;
}

function isBelow(cgroup: string, above: string | undefined): boolean {
  return above !== undefined && (cgroup === above || cgroup.startsWith(`${above}/`));
}
