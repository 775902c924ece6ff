import { policyOf } from '../../limits/policy-of.ts';
import type { Victim } from '../../model/alert.ts';
import type { World } from '../world.ts';
import { leaveUntold } from './hits.ts';
import { killHeard, tellKill } from './kills.ts';
import type { Limiter } from './limiting.ts';
import type { Looks } from './looks.ts';
import { noteVictim } from './raise.ts';
import type { LimitRecord } from './record.ts';
import { noteRefused } from './refused.ts';
import { shareSoon } from './share-data.ts';
import { isTraced } from './tracing.ts';

/** What the kernel says of processes, by their cgroups: of which guest it is, and a look at that one. */
export function toldByKernel(
  world: () => World,
  records: ReadonlyMap<string, LimitRecord>,
  recordOf: (guest: string) => LimitRecord,
  looks: Looks,
): Pick<Limiter, 'killed' | 'refused'> {
  return {
    killed(victim) {
      const guest = guestOf(world(), records, victim.cgroup);
      if (guest === undefined || policyOf(world().config, guest) === undefined) return;
      takeKill(world(), guest, recordOf(guest), victim);
      looks.ask(guest, 'kill');
    },
    refused(refusal) {
      const guest = guestOf(world(), records, refusal.cgroup);
      if (guest === undefined || !isTraced(policyOf(world().config, guest))) return;
      noteRefused(world(), recordOf(guest), refusal);
      shareSoon(recordOf(guest));
      looks.ask(guest, 'refusal');
    },
  };
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

function takeKill(
  world: World,
  guest: string,
  record: LimitRecord,
  { pid, command, cgroup }: Victim & { readonly cgroup: string },
): void {
  leaveUntold(record, killHeard(world, record, cgroup));
  tellKill(world, guest, { pid, command });
  noteVictim(world.ports, record, { pid, command });
}
