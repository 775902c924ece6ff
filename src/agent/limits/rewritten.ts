import { rewrittenUntil, withChange } from '../../limits/rewrites.ts';
import type { World } from '../world.ts';
import type { PlanNow } from './plan-now.ts';
import type { Done, LimitRecord } from './record.ts';

const QUOTAS: readonly string[] = ['cpu.max', 'cpu.cfs_quota_us'];

/** Of a file of its cgroup was told that it changed. */
export function noteChange(record: LimitRecord | undefined, file: string, now: number): void {
  if (record !== undefined && QUOTAS.includes(file)) record.quotaChanges = withChange(record.quotaChanges, now);
}

/** Whether somebody writes its quota again and again with the value that it has: the limit is there, and limits nothing. */
export function rewritten(
  { ports: { clock } }: World,
  subject: string,
  { quotaChanges }: LimitRecord,
  { settled, writes }: PlanNow,
): Done {
  const file = QUOTAS.find((one) => Object.hasOwn(settled, one));
  const until = rewrittenUntil(quotaChanges, clock.now());
  if (file === undefined || until === undefined || writes.some((write) => write.file === file)) return { refusals: [] };
  const detail = `${file}, with the value that it has, which each time gives all of it once more`;
  return { refusals: [{ code: 'E_LIMIT_FIGHT', subject, detail }], wakeAt: until };
}
