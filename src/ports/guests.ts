import type { Refusal } from '../model/failure.ts';
import type { Guest } from '../model/guest.ts';
import type { Answer } from './executor.ts';

export interface Found {
  readonly guests: readonly Guest[];
  /** What keeps changes from being reported. */
  readonly unheard: readonly Refusal[];
}

/** Finds the guests of one runtime: those that are configured and those that run. */
export interface GuestFinder {
  /** All of them; from then on changes are reported as `folder-changed` events. */
  find(): Promise<Answer<Found>>;
  /** Undefined: no such guest any more. A failure says nothing about the guest. */
  locate(name: string): Promise<Answer<Guest | undefined>>;
  /** Which guest a `folder-changed` event is about; undefined: none; `all`: look at all of them. */
  concerns(id: string, name: string): { readonly guest: string } | 'all' | undefined;
}
