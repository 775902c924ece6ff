import type { RestartSettings, StartSettings, StopSettings } from './lifecycle.ts';

/** `host`: nodes made in its /dev can be opened. `guest`: /dev belongs to a user namespace, nodes are bound in. */
export type DevKind = 'host' | 'guest';
/**
 * Whether the devices cgroup refuses anything. `foreign`: v2, with a program that is not ours. `drifted`: with one of
 * the runtime's beside ours, which takes away what ours allows.
 */
export type DevicePolicy = 'open' | 'confined' | 'foreign' | 'drifted';
/** What runs a guest. */
export type Runtime = 'lxc' | 'nspawn';

/** One start of a guest: a pid is only a name together with its start time. */
export interface GuestInstance {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat. */
  readonly startTime: string;
  /** Below the devices controller's mount (v1) or the v2 root, with a leading slash. */
  readonly cgroup: string;
}

/** The units of systemd that a cgroup is in, outermost first. systemd writes _ before some names. */
export function unitsIn(cgroup: string): readonly string[] {
  return cgroup.split('/').flatMap((part) => (/\.(slice|service|scope)$/.test(part) ? part.replace(/^_/, '') : []));
}

/** A system container or virtual machine on this host. */
export interface Guest {
  readonly name: string;
  readonly runtime: Runtime;
  /** Another runtime has a guest of this name too: nobody can say which one a rule means. */
  readonly alsoOf?: Runtime;
  /** Absent: stopped. */
  readonly instance?: GuestInstance;
}

/** What /etc/hostler/guests says of one guest; a guest needs no file to be looked after. */
export interface GuestSettings {
  readonly guest: string;
  readonly runtime?: Runtime;
  /** `confined`: an open guest is closed to the standard devices plus its grants. */
  readonly devices?: 'confined';
  /** Name of a policy. */
  readonly policy?: string;
  readonly start?: StartSettings;
  readonly stop?: StopSettings;
  readonly restart?: RestartSettings;
}
