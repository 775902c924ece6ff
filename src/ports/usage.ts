import type { GuestInstance } from '../model/guest.ts';
import type { Usage } from '../model/usage.ts';

/** What processes use, read when somebody asks. However many there are, nothing else waits for it. */
export interface UsageReader {
  /** Of all processes of this machine. */
  host(): Promise<Usage>;
  /** Undefined: it has ended. */
  guest(instance: GuestInstance): Promise<Usage | undefined>;
}
