import type { GuestInstance, Runtime } from '../model/guest.ts';
import type { HaltWay } from '../model/halt.ts';
import type { InitFacts } from '../model/init-facts.ts';
import type { Readiness } from '../model/lifecycle.ts';
import type { Occupants } from '../model/stop.ts';
import type { Answer } from './executor.ts';

/** The starts and the end of guests. Whatever is asked of one that runs is asked of the start that is named, and of no later one. */
export interface Life {
  /** Begins a guest that is stopped, as its runtime does; `ok` says that it was begun, not that its init is there. */
  start(guest: StoppedGuest): Promise<Answer<void>>;
  /** Whether it is ready, as far as this tells. What cannot be looked at now is a failure. */
  reaches(instance: GuestInstance, probe: Probe): Promise<Answer<boolean>>;
  /** Answers when it says that it is ready, to a socket that is made for that; a failure when it ends, cannot be heard, or after a while (ETIMEDOUT). */
  hearReady(instance: GuestInstance): Promise<Answer<void>>;
  initState(instance: GuestInstance): Promise<Answer<InitState>>;
  /** Asks init to halt; `ok` says that it was asked, not that it heard. */
  halt(instance: GuestInstance, way: Exclude<HaltWay, { readonly kind: 'command' }>): Promise<Answer<void>>;
  /** A program of the guest, as its root, inside; it is killed after so many seconds. */
  run(instance: GuestInstance, seconds: number, words: readonly string[]): Promise<Answer<ProgramEnd>>;
  /** A program of the host, with the guest's name in HOSTLER_GUEST. Answers what went wrong; undefined: nothing. */
  runOnHost(guest: string, seconds: number, words: readonly string[]): Promise<string | undefined>;
  /** SIGTERM to every process of the guest but init. Answers to how many. */
  terminate(instance: GuestInstance): Promise<Answer<number>>;
  /** What runs in the guest, those first that cannot be killed now. Where its init is gone, by the ID of its cgroup. */
  evidence(instance: GuestInstance, cgroupId: string): Promise<Answer<Occupants>>;
  /** Reports the end of its init as `init-ended` and whether anybody is in its cgroup as `populated` events. Answers that one's ID; empty: it is gone. */
  watchEnd(guest: string, instance: GuestInstance, cgroupId: string): Promise<Answer<string>>;
  unwatchEnd(guest: string): Promise<void>;
  /**
   * Kills all of it, also where its init is gone and its cgroup is not; with an empty ID only while its init runs. Answers how many
   * are left.
   */
  kill(instance: GuestInstance, cgroupId: string): Promise<Answer<number>>;
}

export interface StoppedGuest {
  readonly runtime: Runtime;
  readonly name: string;
  /** Where LXC keeps its guests; absent: where it looks by itself. */
  readonly folder?: string;
}

/** Those that are answered at once, from outside. */
export type Probe = Extract<Readiness, { readonly kind: 'tcp' | 'socket' | 'file' }>;

export interface InitState {
  readonly facts: InitFacts;
  /** Device and inode of the guest's cgroup. */
  readonly cgroupId: string;
}

export interface ProgramEnd {
  readonly status: number;
  /** The last that it wrote. */
  readonly output: string;
}
