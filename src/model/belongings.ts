import type { GuestInstance } from './guest.ts';

/** One thing of the host that is a guest's for as long as it runs: its network namespace, the host's end of an interface, a cgroup, a loop device, its root file system. */
export interface Belonging {
  readonly kind: 'net' | 'link' | 'cgroup' | 'loop' | 'root';
  /** As the executor names it, and nothing else ever. */
  readonly id: string;
  /** As people name it; empty: they do not. */
  readonly name: string;
}

/** What one start of a guest has, or had. */
export interface StartBelongings {
  readonly of: GuestInstance;
  readonly has: readonly Belonging[];
  /** Somebody was told of what it has left. */
  readonly isTold?: true;
}

/** What starts of a guest have, or had and may have left. Of another boot nothing is there any more. */
export interface GuestBelongings {
  readonly bootId: string;
  readonly starts: readonly StartBelongings[];
}

/** Who keeps something: runs in it, holds it open, or sees a mount of it. */
export interface Pinner {
  readonly pid: number;
  readonly startTime: string;
  readonly command: string;
  readonly how: 'in' | 'open' | 'mounted';
  readonly cgroup: string;
  /** Where it is mounted; empty: it is not. */
  readonly mount: string;
}

/** One that is still there, and who keeps it, as far as that can be seen. */
export interface LeftBelonging extends Belonging {
  readonly pinners: readonly Pinner[];
}
