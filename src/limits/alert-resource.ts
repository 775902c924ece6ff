import type { AlertResource, AlertSeverity } from '../model/alert.ts';
import type { HitResource } from '../model/hits.ts';

/** Who mutes stands before whom it mutes. */
export const ALERT_RESOURCES = [
  'oom-kill',
  'oom',
  'thrash',
  'rss',
  'as',
  'rss-barrier',
  'processes',
  'cpu',
  'foreign',
  'quarantine',
  'shutdown',
] as const satisfies readonly AlertResource[];

export interface HitManner {
  /** Whose alert counts them. */
  readonly resource: AlertResource;
  /** A refusal is told at once. That a guest was held back or slowed down for a moment is how a limit works: its level tells more. */
  readonly raises: 'at once' | 'never';
}

export const HIT_MANNERS: Readonly<Record<HitResource, HitManner>> = {
  'oom-kill': { resource: 'oom-kill', raises: 'at once' },
  oom: { resource: 'oom', raises: 'at once' },
  rss: { resource: 'rss', raises: 'at once' },
  'rss-barrier': { resource: 'rss-barrier', raises: 'never' },
  swap: { resource: 'as', raises: 'at once' },
  data: { resource: 'as', raises: 'at once' },
  processes: { resource: 'processes', raises: 'at once' },
  cpu: { resource: 'cpu', raises: 'never' },
};

/** While one of these was told, that one is only a part of it. */
export const MUTED_BY: Readonly<Record<AlertResource, readonly AlertResource[]>> = {
  'oom-kill': [],
  oom: ['oom-kill'],
  rss: ['oom-kill', 'oom'],
  as: ['oom-kill', 'oom'],
  'rss-barrier': ['oom-kill', 'oom', 'thrash', 'rss'],
  processes: [],
  cpu: [],
  foreign: [],
  thrash: [],
  quarantine: [],
  shutdown: [],
};

export const SEVERITIES: Readonly<Record<AlertResource, AlertSeverity>> = {
  'oom-kill': 'critical',
  oom: 'critical',
  rss: 'warning',
  as: 'warning',
  'rss-barrier': 'warning',
  processes: 'warning',
  cpu: 'warning',
  foreign: 'warning',
  thrash: 'critical',
  quarantine: 'critical',
  shutdown: 'warning',
};

/** Each of them is news. */
export const WITHOUT_COOLDOWN: ReadonlySet<AlertResource> = new Set(['oom-kill']);
