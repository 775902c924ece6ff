import { withMore } from '../../limits/hits.ts';
import type { Victim } from '../../model/alert.ts';
import type { HitCounters } from '../../model/hits.ts';
import { victimText } from '../../report/victim-text.ts';
import type { World } from '../world.ts';
import type { LimitRecord } from './record.ts';

/** The log told of a kill in this cgroup, which is the guest's or one below it. */
export function killHeard(world: Pick<World, 'ports'>, record: LimitRecord, cgroup: string): void {
  const { cgroups, clock } = world.ports;
  const isUncounted = record.seen !== undefined && record.seen.reading.counters['oom-kill'] === undefined;
  const isApart = cgroups.killsApart && (cgroup !== record.cgroup || isUncounted);
  const { kills } = record;
  if (isApart) record.kills = { ...kills, apart: kills.apart + 1 };
  else if (clock.now() >= kills.from) record.kills = { ...kills, byLog: kills.byLog + 1 };
}

/** An alert names who was killed when it is raised: of all that follow while it goes on this is what is left. */
export function tellKill({ report }: Pick<World, 'report'>, guest: string, victim: Victim): void {
  const says = `${guest}: ${victimText(victim)} was ended by the kernel, which had no memory left for it`;
  report.fact({ kind: 'guest', severity: 'warning', guest, resource: 'oom-kill', says });
}

/** Takes those into the ledger that only the log tells of. */
export function countApart(world: World, record: LimitRecord): HitCounters {
  const { apart } = record.kills;
  record.kills = { ...record.kills, apart: 0 };
  return count(world, record, apart);
}

/** Of a start that has ended, those as well that its counter would have told of had it still been there. */
export function countMissing(world: World, record: LimitRecord): HitCounters {
  const { byCounter, byLog, apart, from } = record.kills;
  record.kills = { byCounter: Math.max(byCounter, byLog), byLog, apart: 0, from };
  return count(world, record, apart + Math.max(0, byLog - byCounter));
}

function count({ ports: { clock } }: World, record: LimitRecord, kills: number): HitCounters {
  if (kills === 0) return {};
  const more = { 'oom-kill': kills };
  record.ledger = { ...record.ledger, hits: withMore(record.ledger.hits, more, clock.calendar()) };
  return more;
}
