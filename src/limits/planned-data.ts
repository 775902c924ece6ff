import type { DataGiven, DataLimit } from '../model/data-limit.ts';

const NO_END = Number.POSITIVE_INFINITY;

/**
 * What the data of an init that has `held` is to be limited to, bytes, infinite where it is not; undefined: it stays. Only who has more
 * gets less, and only who has what was given before has his own back.
 */
export function plannedData(bytes: number | undefined, held: DataLimit, before?: DataGiven): number | undefined {
  if (bytes === undefined && before === undefined) return undefined;
  const now = held.soft ?? NO_END;
  const wanted = Math.min(bytes ?? NO_END, before?.own.soft ?? NO_END);
  const isGiven = before?.given.includes(now) ?? false;
  return now > wanted || (isGiven && now !== wanted) ? wanted : undefined;
}
