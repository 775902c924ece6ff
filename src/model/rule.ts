import type { Access } from './number.ts';

/** A shell glob, or several of which one must match: `*`, `?`, `[a-z]`, `[!a-z]`, backslash quotes. */
export type Pattern = readonly string[];

/** Conditions on one device; all must hold. Absent keys ask nothing. */
export interface Match {
  readonly subsystem?: Pattern;
  readonly devtype?: Pattern;
  /** The node's path below /dev: `bus/usb/*\/*`, `ttyUSB*`. `*` matches across slashes, as udev's does not. */
  readonly name?: Pattern;
  readonly sysname?: Pattern;
  readonly driver?: Pattern;
  readonly property?: Readonly<Record<string, Pattern>>;
  readonly attr?: Readonly<Record<string, Pattern>>;
  /** All of it true of one ancestor. */
  readonly parent?: AncestorMatch;
  /** The physical USB path, `1-1.2`. */
  readonly port?: Pattern;
  /** That port or anything plugged in below it. */
  readonly below?: Pattern;
  readonly link?: Pattern;
  /** `c 188:*`. */
  readonly number?: Pattern;
  readonly tag?: Pattern;
  /** True when the inner conditions do not all hold. */
  readonly not?: Match;
}

export type AncestorMatch = Pick<Match, 'subsystem' | 'devtype' | 'sysname' | 'driver' | 'attr' | 'port'>;

export type When = { readonly kind: 'optional' | 'required' } | { readonly kind: 'wait'; readonly waitMs: number };
export type Unplug = 'keep' | 'warn' | 'term' | 'kill';

/** Where a value was written; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Which devices go to which guest, and how they look there. */
export interface Rule {
  readonly name: string;
  readonly place: Place;
  readonly match: Match;
  /** Names or globs of guests. */
  readonly guests: Pattern;
  /** One guest is named, without a glob: nobody else may have the device. */
  readonly exclusive: boolean;
  /** One device, every one that matches, or all of the one physical device of which something matches. */
  readonly take: 'one' | 'all' | 'whole';
  readonly access: Access;
  readonly node: {
    /** Default: the host's path. */
    readonly path?: string;
    readonly mode?: number;
    readonly owner?: string;
    readonly group?: string;
  };
  readonly links: readonly string[];
  /** Globs on the host's own links: those of udev's that match are in the guest, too. */
  readonly hostLinks?: Pattern;
  readonly when: When;
  readonly unplug: Unplug;
  /** The guest's own programs are not told when the device comes and goes. */
  readonly tell?: false;
}
