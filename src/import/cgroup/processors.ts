import type { Item, Verdict } from '../item.ts';
import { decide, policyKey, taken, type Verdicts } from '../verdict.ts';
import { counterparts } from './counterparts.ts';
import type { Meaning } from './meaning.ts';

/** pids.max, weights, and quotas of CPU time. */
export function processorVerdicts(lines: readonly Meaning[]): Verdicts {
  return new Map([
    ...lines.flatMap(({ item, name }) => (name === 'pids.max' ? [[item, processes(item.value)] as const] : [])),
    ...counterparts(lines, 'cpu.weight', '', wholeNumber, (weight) => weightVerdict(weight, '')),
    ...sharesVerdicts(lines),
    ...ioWeights(lines),
    ...quotaVerdicts(lines),
  ]);
}

function processes(value: string): Verdict {
  if (value === 'max') return taken('not limited, as in a policy that does not say it');
  const limit = wholeNumber(value);
  return limit === undefined
    ? decide('is no number')
    : taken('processes and threads', policyKey('processes.limit', limit));
}

function weightVerdict(weight: number | undefined, sum: string): Verdict {
  return weight === undefined ? decide('is no weight') : taken(`${sum}100 is usual`, policyKey('cpu.weight', weight));
}

// 1024 shares are what a weight of 100 is.
function sharesVerdicts(lines: readonly Meaning[]): Verdicts {
  const shares = lines.find(({ name, version }) => name === 'cpu.shares' && version === 1);
  if (shares === undefined) return new Map();
  const number = wholeNumber(shares.item.value);
  const weight = number === undefined ? undefined : Math.max(1, Math.round((number * 100) / 1024));
  const other = lines.find(({ name, version }) => name === 'cpu.weight' && version === 2);
  if (other === undefined)
    return new Map([[shares.item, weightVerdict(weight, `${number} shares x 100 / 1024 = ${weight}; `)]]);
  const says = `${other.item.file}:${other.item.line} says ${other.item.value} for cgroup v2`;
  const isSame = wholeNumber(other.item.value) === weight;
  return new Map([
    [shares.item, isSame ? taken(`${says}, which is the same`) : decide(`${says}; a policy has one value`)],
  ]);
}

const IO_WEIGHTS: ReadonlyMap<string, number> = new Map([
  ['io.weight', 1],
  ['io.bfq.weight', 1],
  ['blkio.bfq.weight', 1],
  ['blkio.weight', 5],
]);

// Of CFQ 500 is usual, of all others 100.
function ioWeights(lines: readonly Meaning[]): Verdicts {
  const found = lines.filter(({ name }) => IO_WEIGHTS.has(name));
  return new Map(
    found.map(({ item, name }, at): readonly [Item, Verdict] => {
      const number = wholeNumber(item.value.replace(/^default\s+/, ''));
      const divisor = IO_WEIGHTS.get(name) ?? 1;
      if (number === undefined) return [item, decide('is no weight for all disks')];
      if (at > 0)
        return [item, decide(`${found[0]?.item.file}:${found[0]?.item.line} says another weight; a policy has one`)];
      const weight = Math.max(1, Math.round(number / divisor));
      const sum = divisor === 1 ? '' : `${number} / 5 = ${weight}; 500 are usual there and `;
      return [item, taken(`${sum}100 is usual`, policyKey('io.weight', weight))];
    }),
  );
}

const PERIOD = 100_000;
const QUOTA_KEYS = new Set(['cpu.max', 'cpu.max.burst', 'cpu.cfs_quota_us', 'cpu.cfs_period_us', 'cpu.cfs_burst_us']);

/** Of a quota each period a bucket that holds as much, and what may be saved up for a burst. */
function quotaVerdicts(lines: readonly Meaning[]): Verdicts {
  const own = lines.filter(({ name }) => QUOTA_KEYS.has(name));
  const hasMax = own.some(({ name }) => name === 'cpu.max');
  const value = (wanted: string) => own.find(({ name }) => name === wanted)?.item.value;
  const [quota = value('cpu.cfs_quota_us'), period = value('cpu.cfs_period_us') ?? `${PERIOD}`] = (
    value('cpu.max') ?? ''
  )
    .split(/\s+/)
    .filter((word) => word !== '');
  const burst = value('cpu.max.burst') ?? value('cpu.cfs_burst_us') ?? '0';
  return new Map(
    own.map(({ item, name }): readonly [Item, Verdict] => {
      const isFirst = name === 'cpu.max' || (!hasMax && name === 'cpu.cfs_quota_us');
      if (isFirst) return [item, bucketVerdict(quota ?? '', period, burst)];
      if (hasMax && name.startsWith('cpu.cfs_'))
        return [item, decide('cpu.max says it for cgroup v2; a policy has one value')];
      return [
        item,
        quota === undefined ? decide('there is no quota with it') : taken('a part of the bucket of the quota'),
      ];
    }),
  );
}

function bucketVerdict(quota: string, period: string, burst: string): Verdict {
  if (quota === 'max' || quota === '-1') return taken('not limited, as in a policy that does not say it');
  const [quotaUs, periodUs, burstUs] = [wholeNumber(quota), wholeNumber(period), wholeNumber(burst)];
  if (!quotaUs || !periodUs || burstUs === undefined) return decide('is no quota');
  const divisor = greatestDivisor(quotaUs, periodUs);
  const [rate, interval] = [quotaUs / divisor, periodUs / divisor];
  const size = Math.max(1, Math.round((quotaUs + burstUs) / 1000));
  return taken(
    `${quotaUs}us in every ${periodUs}us = ${rate} / ${interval}; it holds quota and burst, ${size} tokens of 1ms`,
    policyKey('cpu.bucket.rate', rate),
    policyKey('cpu.bucket.interval', interval),
    policyKey('cpu.bucket.size', size),
  );
}

function greatestDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestDivisor(other, one % other);
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
