import type { Guest } from '../model/guest.ts';
import type { Answer } from './executor.ts';

/** Finds the guests of one runtime: those that are configured and those that run. */
export interface GuestFinder {
  /** All of them; from then on changes are reported as `folder-changed` events. */
  find(): Promise<Answer<readonly Guest[]>>;
  /** Undefined: no such guest any more. A failure says nothing about the guest. */
  locate(name: string): Promise<Answer<Guest | undefined>>;
  /** Which guest a `folder-changed` event is about; undefined: none; `all`: look at all of them. */
  concerns(id: string, name: string): { readonly guest: string } | 'all' | undefined;
  /** What was watched is not any more: the executor was started again. */
  forget(): void;
}
