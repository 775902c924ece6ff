import { failures, type Refusal } from '../../model/failure.ts';
import type { LimitedResource } from '../../model/limit.ts';
import { nextRetry } from '../backoff.ts';
import type { LimitRecord } from './record.ts';

/** When what was refused is tried again, monotonic ms; undefined: nothing was. What is refused of one resource moves no other. */
export function retryAt(
  record: LimitRecord,
  of: LimitedResource | 'guest',
  refusals: readonly Refusal[],
  now: number,
): number | undefined {
  const retries = new Map(record.retries);
  const former = retries.get(of);
  retries.delete(of);
  if (refusals.some(({ code }) => failures[code].retry === 'back-off')) retries.set(of, nextRetry(former, now));
  record.retries = retries;
  return retries.get(of)?.at;
}
