import type { Address } from '../model/config.ts';
import type { Refusal } from '../model/failure.ts';

/** Lets metrics be read. */
export interface MetricsServer {
  /** From now on there and nowhere else. Answers why it cannot be. */
  listen(at: Address | 'off'): Promise<Refusal | undefined>;
}
