import type { AlertReading, AlertResource, AlertRules, LevelledResource, Victim } from '../model/alert.ts';
import type { HitResource } from '../model/hits.ts';
import type { AlertPolicy } from '../model/policy.ts';
import type { ResourceReading } from './alert-phase.ts';
import { HIT_MANNERS, type HitManner } from './alert-resource.ts';

const LEVELLED: readonly AlertResource[] = [
  'rss',
  'as',
  'cpu',
  'processes',
  'rss-barrier',
  'foreign',
  'thrash',
  'quarantine',
  'shutdown',
] satisfies LevelledResource[];

/** Above its barrier a guest waits now and then; this much of the time is felt. */
const STALLS = { raise: 0.2, clear: 0.1 };
const SEEN_OR_NOT = ['foreign', 'thrash', 'quarantine', 'shutdown'] as const;
/** It was seen for long enough before it is called so. */
const SEEN: AlertPolicy = { raise: 1, clear: 1, forMs: 0 };

const HIT_RESOURCES: readonly HitResource[] = [
  'rss',
  'rss-barrier',
  'swap',
  'oom',
  'oom-kill',
  'processes',
  'cpu',
  'data',
];

/** What a look at a guest says of one resource; a guest that is stopped uses nothing. */
export function readingOf(resource: AlertResource, reading: AlertReading): ResourceReading {
  const { levels, hits, guest } = reading;
  const level = isLevelled(resource) ? levels[resource] : undefined;
  const count = (raises: HitManner['raises']) =>
    HIT_RESOURCES.filter((hit) => HIT_MANNERS[hit].resource === resource && HIT_MANNERS[hit].raises === raises).reduce(
      (sum, hit) => sum + (hits[hit] ?? 0),
      0,
    );
  return {
    level: guest === 'stopped' && isOfRun(resource) ? 0 : level,
    refusals: count('at once'),
    slowdowns: count('never'),
    victims: victimsOf(resource, reading),
    quarantinedFor: resource === 'quarantine' ? reading.quarantinedFor : undefined,
  };
}

function victimsOf(resource: AlertResource, { victims = [], refused = [] }: AlertReading): readonly Victim[] {
  if (resource === 'oom-kill') return victims;
  return resource === 'as' ? refused : [];
}

export function isNothing({ level, refusals }: ResourceReading): boolean {
  return level === undefined && refusals === 0;
}

export function policyOf(resource: AlertResource, { alerts }: AlertRules): AlertPolicy | undefined {
  if (resource === 'rss-barrier') return alerts.rss && { ...alerts.rss, ...STALLS };
  if (isSeenOrNot(resource)) return SEEN;
  return isLevelled(resource) ? alerts[resource] : undefined;
}

function isSeenOrNot(resource: AlertResource): resource is (typeof SEEN_OR_NOT)[number] {
  return SEEN_OR_NOT.some((one) => one === resource);
}

// What keeps a guest from being started is not over when it is stopped.
function isOfRun(resource: AlertResource): boolean {
  return isLevelled(resource) && resource !== 'quarantine';
}

function isLevelled(resource: AlertResource): resource is LevelledResource {
  return LEVELLED.includes(resource);
}
