import { withMore } from '../../limits/hits.ts';
import { type Balanced, killLogged, killsSeen, NO_KILLS_BELOW } from '../../limits/kills-below.ts';
import type { Victim } from '../../model/alert.ts';
import type { HitCounters } from '../../model/hits.ts';
import type { LastCounters } from '../../ports/cgroups.ts';
import { victimText } from '../../report/victim-text.ts';
import type { World } from '../world.ts';
import type { LimitRecord } from './record.ts';

/** The log told of a kill in this cgroup, which is the guest's or one below it. Answers what of it is counted by now. */
export function killHeard(world: World, record: LimitRecord, cgroup: string): HitCounters {
  const { cgroups, clock } = world.ports;
  if (cgroup !== record.cgroup && record.seen?.reading.killsBelow !== undefined) {
    const known = record.ledger.hits.killsBelow ?? NO_KILLS_BELOW;
    return take(world, record, killLogged(known, record.kills.unlogged, cgroups.nameOf(cgroup), clock.now()));
  }
  const isUncounted = record.seen !== undefined && record.seen.reading.counters['oom-kill'] === undefined;
  const isApart = cgroups.killsApart && (cgroup !== record.cgroup || isUncounted);
  const { kills } = record;
  if (isApart) record.kills = { ...kills, apart: kills.apart + 1 };
  else if (clock.now() >= kills.from) record.kills = { ...kills, byLog: kills.byLog + 1 };
  return {};
}

/** Takes in what the counters of cgroups of the guest's own tell of kills, once for each look at them. */
export function countBelow(world: World, record: LimitRecord, { epoch, killsBelow }: LastCounters): HitCounters {
  if (killsBelow === undefined || killsBelow === record.kills.seen) return {};
  const known = record.ledger.hits.killsBelow ?? NO_KILLS_BELOW;
  record.kills = { ...record.kills, seen: killsBelow };
  return take(world, record, killsSeen(known, epoch, killsBelow, world.ports.clock.now()));
}

function take(world: World, record: LimitRecord, { known, unlogged, kills }: Balanced): HitCounters {
  record.kills = { ...record.kills, unlogged };
  record.ledger = { ...record.ledger, hits: { ...record.ledger.hits, killsBelow: known } };
  return count(world, record, kills);
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
  record.kills = { ...record.kills, byCounter: Math.max(byCounter, byLog), byLog, apart: 0, from };
  return count(world, record, apart + Math.max(0, byLog - byCounter));
}

function count({ ports: { clock } }: World, record: LimitRecord, kills: number): HitCounters {
  if (kills === 0) return {};
  const more = { 'oom-kill': kills };
  record.ledger = { ...record.ledger, hits: withMore(record.ledger.hits, more, clock.calendar()) };
  return more;
}
