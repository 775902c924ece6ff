import type { AlertSettings } from './alert.ts';
import type { Reserve } from './capacity.ts';
import type { ConfigCode } from './config-code.ts';
import type { FailureCode } from './failure.ts';
import type { GuestSettings } from './guest.ts';
import type { Bursts } from './limit.ts';
import type { Policy } from './policy.ts';
import type { Place, Rule } from './rule.ts';

/** Everything that /etc/hostler says, validated. */
export interface Config {
  readonly rules: readonly Rule[];
  readonly guests: readonly GuestSettings[];
  readonly policies: readonly Policy[];
  readonly settings: Settings;
}

/** Where LXC keeps its guests where nobody says otherwise. */
export const USUAL_LXC_PATH = '/var/lib/lxc';

/** hostler.yaml. */
export interface Settings {
  /** Where LXC keeps its guests. */
  readonly lxcPath: string;
  readonly damping: Damping | 'off';
  readonly alerts: AlertSettings;
  /** Nothing of it is guaranteed to guests. */
  readonly reserve: Reserve;
  /** Where metrics are read. */
  readonly metrics: Address | 'off';
  /** Absent: by what the kernel does. */
  readonly bursts?: Bursts;
  /** How long all guests together may take to halt. Absent: as long as the host itself waits. */
  readonly shutdownBudgetMs?: number;
}

/** An IP address and a port of TCP. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A device that is plugged in more than `plugs` times in `withinMs` is held off until nothing of it was seen for `calmMs`. */
export interface Damping {
  readonly plugs: number;
  readonly withinMs: number;
  readonly calmMs: number;
}

/** Something wrong in a configuration file, and what would be right. */
export interface Problem {
  readonly place: Place;
  readonly code: ConfigCode | FailureCode;
  readonly says: string;
}
