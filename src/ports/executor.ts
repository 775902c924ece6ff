import type { Action, Grant } from '../model/action.ts';
import type { DevicePolicy, DevKind, GuestInstance } from '../model/guest.ts';
import type { Access, NumberText } from '../model/number.ts';
import type { Entry, Holder } from '../model/observed.ts';

/** Why a request was not performed: the kernel's errno by name, and the system call or check that said it. */
export interface Failed {
  readonly errno: string;
  readonly call: string;
  readonly subject: string;
}

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failed: Failed };

export interface OpenedGuest {
  readonly dev: DevKind;
  readonly policy: DevicePolicy;
}

export interface GrantsSeen {
  readonly policy: DevicePolicy;
  /** By number; what a unit of systemd allows by path or name is not among them. */
  readonly grants: readonly Grant[];
  /** What the runtime's own program allows; absent: it has none, or one that cannot be read. */
  readonly runtime?: readonly Grant[];
  /** The kernel's id of a program that somebody attached and that keeps ours from being attached. */
  readonly heldProgram?: string;
  /** The kernel's id of a program that is not ours and that nobody can read, where ours is not there and could be beside it. */
  readonly unreadProgram?: string;
  /** It is open, and could have a program of ours. */
  readonly adoptable?: true;
}

/** What the agent asks of one guest. Requests of one guest are performed in the order in which they were asked. */
export interface Executor {
  open(guest: string, instance: GuestInstance): Promise<Answer<OpenedGuest>>;
  close(guest: string): Promise<void>;
  /** What is at each path (absolute inside the guest), links not followed. */
  observe(guest: string, paths: readonly string[]): Promise<Answer<ReadonlyMap<string, Entry>>>;
  /** The first 32 KiB of a regular file of the guest. */
  readFile(guest: string, path: string): Promise<Answer<string>>;
  grants(guest: string): Promise<Answer<GrantsSeen>>;
  holders(guest: string, number: NumberText): Promise<Answer<readonly Holder[]>>;
  /** Whether the kernel lets processes of the guest's cgroup open the device; nothing is opened. */
  verify(guest: string, number: NumberText, access: Access): Promise<Answer<void>>;
  /** Reports changes of these folders from now on; replaces the former set. Answers how many of them are there. */
  watch(guest: string, folders: readonly string[]): Promise<Answer<number>>;
  /** Performs the actions in order, stops at the first that fails; one answer for each, later ones ECANCELED. */
  apply(guest: string, actions: readonly Action[]): Promise<readonly Answer<void>[]>;
}
