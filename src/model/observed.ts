import type { Grant } from './action.ts';
import type { Refusal } from './failure.ts';
import type { DevicePolicy } from './guest.ts';
import type { Ownership } from './node.ts';
import type { NumberText } from './number.ts';

/** What is at one path of a guest, links not followed. */
export type Entry =
  | { readonly kind: 'absent' }
  | { readonly kind: 'device'; readonly number: NumberText; readonly ownership: Ownership }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'folder'; readonly empty: boolean }
  | { readonly kind: 'file' | 'fifo' | 'socket' }
  /** The kernel would not go there: ELOOP, EXDEV, ENOTDIR. */
  | { readonly kind: 'refused'; readonly errno: string };

/** A process of the guest that still holds a device. */
export interface Holder {
  readonly pid: number;
  readonly startTime: string;
  readonly command: string;
  readonly number: NumberText;
}

/** A guest's own names: what its passwd and group files say. */
export interface GuestNames {
  readonly users: ReadonlyMap<string, number>;
  readonly groups: ReadonlyMap<string, number>;
}

/** Everything a pass looks at in one running guest. */
export interface ObservedGuest {
  readonly policy: DevicePolicy;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly grants: readonly Grant[];
  /** The kernel's id of somebody's device program that ours can neither replace nor be put beside: nothing can be granted. */
  readonly heldProgram?: string;
  /** It had a program of ours, and is open now or has but somebody else's: `grants` is what its configuration allows. */
  readonly isStripped?: true;
  /** Who has its permissions does not answer: nobody knows them, and nobody can change them now. */
  readonly unanswered?: Refusal;
  readonly names: GuestNames;
  readonly holders: readonly Holder[];
  /** Numbers of which nobody could say now who holds them, and why. */
  readonly unknownHolders: ReadonlyMap<NumberText, Refusal>;
}
