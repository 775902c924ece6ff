import { rewrittenUntil, withChange } from '../../limits/rewrites.ts';
import type { LimitValues } from '../../model/limit.ts';
import type { World } from '../world.ts';
import type { PlanNow } from './plan-now.ts';
import type { Done, LimitRecord } from './record.ts';

const QUOTAS: readonly string[] = ['cpu.max', 'cpu.cfs_quota_us'];

/** Of a file of its cgroup was told that it changed. */
export function noteChange(record: LimitRecord | undefined, file: string, now: number): void {
  if (record !== undefined && QUOTAS.includes(file)) record.quotaChanges = withChange(record.quotaChanges, now);
}

/**
 * Whether somebody writes its quota again and again with the value that it has: the limit is there, and limits nothing.
 * `overdrawnAt`: when (monotonic ms) it was last seen to have more than a bucket that we keep gave it.
 */
export function rewritten(
  { ports: { clock } }: World,
  subject: string,
  { quotaChanges }: LimitRecord,
  { settled, writes }: PlanNow,
  overdrawnAt: number | undefined,
): Done {
  const file = QUOTAS.find((one) => Object.hasOwn(settled, one));
  const until =
    overdrawnUntil(overdrawnAt, clock.now()) ?? rewrittenUntil(quotaChanges, periodOf(settled), clock.now());
  if (file === undefined || until === undefined || writes.some((write) => write.file === file)) return { refusals: [] };
  const detail = `${file}, with the value that it has, which each time gives all of it once more`;
  return { refusals: [{ code: 'E_LIMIT_FIGHT', subject, detail }], wakeAt: until };
}

/** A guest that is overdrawn is seen to be in much less, again and again. */
const OVERDRAWN_MS = 10_000;

function overdrawnUntil(at: number | undefined, now: number): number | undefined {
  return at !== undefined && now < at + OVERDRAWN_MS ? at + OVERDRAWN_MS : undefined;
}

function periodOf({ 'cpu.max': both, 'cpu.cfs_period_us': period }: LimitValues): number {
  return Number(period ?? both?.split(' ')[1] ?? USUAL_PERIOD_US);
}

const USUAL_PERIOD_US = 100_000;
