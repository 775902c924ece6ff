import type { DataUse } from '../model/data-limit.ts';
import type { HeldAmounts } from '../model/held.ts';
import type { HitsLedger } from '../model/hits.ts';
import type { LimitRow, LimitValues } from '../model/limit.ts';
import { totalOf } from './hits.ts';

/** What a guest holds of each resource, held at most, may hold, and how often it wanted more. */
export function limitRows(
  held: HeldAmounts,
  values: LimitValues,
  hits: HitsLedger,
  data?: DataUse,
): readonly LimitRow[] {
  const rss = {
    ...held.rss,
    ...barrierOf(values),
    ...ending('limit', values['memory.max'] ?? values['memory.limit_in_bytes']),
  };
  const both = { ...bothOf(held), ...ending('limit', addressSpace(values)) };
  const as = data?.isShared && !('limit' in both) ? { held: data.sum, limit: data.limit } : both;
  const processes = { ...held.processes, ...ending('limit', values['pids.max']) };
  const heldBack = held.heldBackUs !== undefined && { heldBackUs: held.heldBackUs };
  const cpu = { ...(held.cpuUs !== undefined && { held: held.cpuUs }), ...shareOf(values), ...heldBack };
  return [
    { resource: 'rss', unit: 'bytes', ...rss, hits: totalOf(hits, 'rss') },
    { resource: 'as', unit: 'bytes', ...as, ...addressSpaceHits(hits) },
    { resource: 'oom', unit: 'count', hits: totalOf(hits, 'oom-kill') },
    { resource: 'processes', unit: 'count', ...processes, hits: totalOf(hits, 'processes') },
    { resource: 'cpu', unit: 'cpu', ...cpu, hits: totalOf(hits, 'cpu') },
  ];
}

/** What v1 has where nothing limits, and all that is more. */
const NO_END = 2 ** 60;

function endOf(value: string | undefined): number | undefined {
  const number = Number(value);
  return value === undefined || Number.isNaN(number) || number < 0 || number >= NO_END ? undefined : number;
}

function ending<Key extends string>(key: Key, value: string | undefined): Readonly<Record<Key, number>> | object {
  const end = endOf(value);
  return end === undefined ? {} : { [key]: end };
}

function barrierOf(values: LimitValues) {
  return ending('barrier', values['memory.high'] ?? values['memory.soft_limit_in_bytes']);
}

function addressSpace(values: LimitValues): string | undefined {
  const both = values['memory.memsw.limit_in_bytes'];
  const [memory, swap] = [endOf(values['memory.max']), endOf(values['memory.swap.max'])];
  return both ?? (memory === undefined || swap === undefined ? undefined : `${memory + swap}`);
}

function addressSpaceHits(ledger: HitsLedger): Pick<LimitRow, 'hits' | 'swapHits'> {
  const [swap, data] = [totalOf(ledger, 'swap'), totalOf(ledger, 'data')];
  return { hits: swap + data, ...(swap > 0 && { swapHits: swap }) };
}

// When it held most of each need not have been the same time.
function bothOf({ rss, swap }: HeldAmounts) {
  return rss === undefined || swap === undefined ? {} : { held: rss.held + swap.held };
}

function shareOf(values: LimitValues) {
  const [quota, period] = values['cpu.max']?.split(' ') ?? [values['cpu.cfs_quota_us'], values['cpu.cfs_period_us']];
  const share = (endOf(quota) ?? Number.NaN) / (endOf(period) ?? Number.NaN);
  return Number.isNaN(share) ? {} : { limit: Math.round(share * 1_000_000) };
}
