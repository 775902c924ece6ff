import type { HitCounters } from './hits.ts';
import type { AlertedResource, Policy } from './policy.ts';

/** A guest has at most one alert about each of them. */
export type AlertResource = LevelledResource | 'oom' | 'oom-kill';

/** Those whose alert goes by how much it is, and not by how often something was refused alone. */
export type LevelledResource = AlertedResource | 'rss-barrier' | 'foreign' | 'thrash' | 'quarantine' | 'shutdown';

/** A process that the kernel killed, or refused memory. Its name was its own choice. */
export interface Victim {
  readonly pid: number;
  readonly command: string;
}

/** More than that nobody reads in an alert. */
export const MOST_VICTIMS = 8;

/** What one look at a guest says. */
export interface AlertReading {
  /**
   * Shares of the limits that are held, 0 to 1; of `cpu` the share of its rate that it uses while it is held back, of `rss-barrier`
   * the share of time in which something in it waits for memory; `foreign` is 1 while somebody else writes its limits again and
   * again, `thrash` while it does nothing but wait for its own memory,
   * `quarantine` while it is not started again because it ended too often, `shutdown` while a shutdown of the host would not wait
   * for its end. What is absent was not read and is as it was.
   */
  readonly levels: AlertLevels;
  /** Why it is in quarantine; absent where it is not. */
  readonly quarantinedFor?: QuarantineCause;
  /** Those that came since the last reading. */
  readonly hits: HitCounters;
  /** stopping: somebody asked for it, so that what happens meanwhile is told to nobody. */
  readonly guest: 'running' | 'stopping' | 'stopped';
  /** Whom the kernel killed. */
  readonly victims?: readonly Victim[];
  /** Whom it refused memory, as far as that is known. */
  readonly refused?: readonly Victim[];
}

/** `ends`: by itself. `reboots`: from inside. `host-dies`: when it was just started. Each again and again. */
export type QuarantineCause = 'ends' | 'reboots' | 'host-dies';

export type AlertLevels = Readonly<Partial<Record<LevelledResource, number>>>;

export interface AlertRules {
  /** A resource without a policy has no levels, and hits all the same. */
  readonly alerts: Policy['alerts'];
  /** Between two alerts about the same resource of a guest. */
  readonly cooldownMs: number;
}

/** pending: for too short a time yet. resolving: nothing is wrong any more, for too short a time yet. */
export type AlertPhase = 'ok' | 'pending' | 'firing' | 'resolving';

/** Of one guest; plain JSON. All times are milliseconds since 1970, so that they outlive agent and host. */
export interface GuestAlerts {
  readonly stopping: boolean;
  readonly resources: Readonly<Partial<Record<AlertResource, AlertRecord>>>;
}

export interface AlertRecord {
  readonly phase: AlertPhase;
  /** When what is going on began; means nothing while the phase is ok. */
  readonly since: number;
  /** As read last. */
  readonly level?: number;
  /** Since when the level is so high that an alert is raised. */
  readonly highSince?: number;
  /** Since when the level is so low that an alert is cleared. */
  readonly clearSince?: number;
  /** When something was refused last. */
  readonly hitAt?: number;
  /** Hits of what is going on, and of what was over before anybody was told. */
  readonly hits: number;
  readonly untoldHits: number;
  /** Whom the last of these hit, as far as they are known by name. */
  readonly victims?: readonly Victim[];
  /** Of quarantine, as read last. */
  readonly quarantinedFor?: QuarantineCause;
  /** Of some of those nobody was told because of the cooldown alone: they are told when that is over. */
  readonly owes?: true;
  /** What somebody was told of and is not over. */
  readonly told?: ToldAlert;
  /** When an alert was raised last. */
  readonly raisedAt?: number;
  /** When it began to fire or ceased to, lately. */
  readonly transitions: readonly number[];
  readonly flaps: boolean;
}

export interface ToldAlert {
  readonly kind: AlertKind;
  readonly since: number;
}

/** limit: it is reached or nearly so. flapping: that comes and goes so often that it is told once. */
export type AlertKind = 'limit' | 'flapping';

/** Something to tell: for every `firing` there is one `resolved` with the same guest, resource, kind and `since`. */
export interface AlertNotice {
  readonly state: 'firing' | 'resolved';
  readonly kind: AlertKind;
  readonly severity: AlertSeverity;
  readonly guest: string;
  readonly resource: AlertResource;
  readonly since: number;
  /** When it was so for the last time. */
  readonly lastAt: number;
  /** When this was found. */
  readonly at: number;
  /** Since `since`. */
  readonly hits: number;
  /** Earlier ones that nobody was told of. */
  readonly untoldHits: number;
  readonly level?: number;
  /** Of oom-kill and as, the last ones that are known by name. */
  readonly victims?: readonly Victim[];
  /** Of quarantine; absent: an older agent has found it. */
  readonly quarantinedFor?: QuarantineCause;
}

export type AlertSeverity = 'warning' | 'critical';

/** What a reading leads to. */
export interface AlertStep {
  readonly state: GuestAlerts;
  readonly notices: readonly AlertNotice[];
  /** When to look again if nothing happens (milliseconds since 1970); absent: never. */
  readonly wakeAt?: number;
}

/** alerts of hostler.yaml. */
export interface AlertSettings {
  readonly sinks: readonly SinkSettings[];
  readonly cooldownMs: number;
}

export type SinkSettings = HttpSinkSettings | CommandSinkSettings | MailSinkSettings;

export interface HttpSinkSettings {
  readonly kind: 'alertmanager' | 'webhook';
  readonly url: string;
  /** A file whose text is the Authorization header. */
  readonly authorizationFile?: string;
}

/** A program and its arguments; there is no shell. */
export interface CommandSinkSettings {
  readonly kind: 'command';
  readonly command: readonly [string, ...string[]];
}

export interface MailSinkSettings {
  readonly kind: 'mail';
  readonly address: string;
}
