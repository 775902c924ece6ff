import type { News } from './news.ts';
import type { Ownership } from './node.ts';
import type { Access, NumberText } from './number.ts';
import type { Unplug } from './rule.ts';

/** A node that hostler made in a guest. */
export interface OwnedNode {
  readonly path: string;
  readonly number: NumberText;
  readonly rule: string;
  readonly device: string;
  readonly memory: string;
  readonly unplug: Unplug;
  /** Made before udev had a record of the device: what udev says later is still its first ownership. */
  readonly early?: true;
  /** As last set or last adopted from the guest; absent between the intent and its confirmation. */
  readonly ownership?: Ownership;
}

/** Corrections of one path: counted so that a fight with the guest has an end. */
export interface Corrections {
  readonly count: number;
  /** Milliseconds of the monotonic clock at the first of them. */
  readonly since: number;
}

/** A number that was taken away, as long as processes hold it: `unplug` wants them looked after, or the next guest waits for them. */
export interface Released {
  readonly number: NumberText;
  readonly rule: string;
  readonly device: string;
  /** `keep`: only while the device is there. */
  readonly unplug: Unplug;
  /** Pids with start time that were already told. */
  readonly told: readonly string[];
  /** Milliseconds of the monotonic clock when they were last asked to end; absent: nobody was, or it was seen that they did not. */
  readonly askedAt?: number;
}

/** A device that the guest's own programs know of through us. */
export interface Told {
  readonly number: NumberText;
  readonly device: string;
  readonly news: News;
  /** It was to be told, and nobody knows whether it was: it is told once more, also of the end. */
  readonly unsure?: true;
}

/** What in one start of one guest is ours. Written before it is made, so that a crash leaves nothing unknown. */
export interface GuestLedger {
  /** `PID:STARTTIME`; a ledger of another start is void. */
  readonly instance: string;
  readonly nodes: readonly OwnedNode[];
  readonly links: readonly { readonly path: string; readonly target: string }[];
  readonly folders: readonly string[];
  readonly grants: readonly { readonly number: NumberText; readonly access: Access }[];
  readonly released: readonly Released[];
  readonly corrections: Readonly<Record<string, Corrections>>;
  /** A plan was being performed when this was written: of what is not as it says nobody knows whether it was ever done. */
  readonly isUnderWay?: true;
  /** By number. Absent: nothing yet. */
  readonly told?: readonly Told[];
  /** A libudev inside listens. */
  readonly listens?: true;
  /** The cgroup of the service that this start is of: systemd keeps `grants` with it. Absent: they end with the start. */
  readonly service?: string;
  /**
   * It was seen confined, or with the runtime's program beside ours. Where that is by programs (v2, not in a unit), ours was there
   * then: what is there in its place was put there by somebody. On v1 and in a unit nothing follows from it.
   */
  readonly adopted?: true;
}

/** Owner and mode as somebody in the guest last set them, by `RULE` or `RULE IDENTITY`. */
export type Memory = Readonly<Record<string, Partial<Ownership>>>;
