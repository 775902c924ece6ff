import type { Config, Problem } from '../model/config.ts';
import type { Refusal } from '../model/failure.ts';

export type Loaded =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] };

/** The configuration folder. */
export interface Configuration {
  readonly folder: string;
  /** With the names of the host's guests a rule for a guest that is none of them is a problem. */
  load(knownGuests?: readonly string[]): Promise<Loaded>;
  /** Calls back after changes have come to rest. Resolves with what keeps it from hearing, or undefined when it was proved to hear. */
  watch(changed: () => void): Promise<Refusal | undefined>;
  close(): Promise<void>;
}
