import type { Config } from '../model/config.ts';
import type { Policy, WeighedKey } from '../model/policy.ts';
import type { Place } from '../model/rule.ts';
import { rateOf, sizeUs } from './bucket.ts';
import { claimsOf } from './claims.ts';
import { type Claim, largestPolicy, PROCESSOR, PROMISED, type Site, sumOf } from './promise.ts';

export type Level = 'ok' | 'recommendation' | 'warning' | 'error';

/** What all guests together may use of something, and what the host has of it. */
export interface Commitment {
  readonly key: WeighedKey;
  /** bytes, a count, or processors. */
  readonly unit: 'bytes' | 'count' | 'processors';
  readonly committed: number;
  readonly available: number;
  readonly level: Level;
  /** Guests that have no such limit: the sum leaves them out. */
  readonly unlimited: readonly string[];
  /** Where the policy says it whose guests have most of it; absent: none does. */
  readonly place?: Place;
}

interface Weighed extends Pick<Commitment, 'key' | 'unit'> {
  /** Undefined: it has no such limit. */
  readonly amountOf: (policy: Policy) => number | undefined;
  readonly roomOf: (site: Site) => number;
  /** What it is when the sum is more than there is. */
  readonly above: Exclude<Level, 'ok'>;
  /** What it is when a guest has no such limit. */
  readonly unlimited: Level;
}

const WEIGHED: readonly Weighed[] = [
  ...PROMISED.map(
    ({ key, amountOf, roomOf }): Weighed => ({
      key,
      unit: key === 'cpu.guarantee' ? 'processors' : 'bytes',
      amountOf: (policy) => inUnit(key, amountOf(policy)),
      roomOf: (site) => inUnit(key, roomOf(site)),
      above: 'error',
      unlimited: 'ok',
    }),
  ),
  {
    key: 'memory.low',
    unit: 'bytes',
    amountOf: ({ memory }) => memory.low,
    roomOf: ({ capacity }) => capacity.ramBytes,
    above: 'warning',
    unlimited: 'ok',
  },
  {
    key: 'memory.rss.limit',
    unit: 'bytes',
    amountOf: ({ memory }) => memory.limit,
    roomOf: ({ capacity }) => capacity.ramBytes,
    above: 'warning',
    unlimited: 'recommendation',
  },
  {
    key: 'memory.as.limit',
    unit: 'bytes',
    amountOf: ({ memory: { addressSpace } }) => (addressSpace?.enforce === 'data' ? undefined : addressSpace?.limit),
    roomOf: ({ capacity }) => capacity.ramBytes + capacity.swapBytes,
    above: 'warning',
    unlimited: 'ok',
  },
  {
    key: 'cpu.bucket',
    unit: 'processors',
    amountOf: ({ cpu: { bucket } }) => bucket && rateOf(bucket),
    roomOf: ({ capacity }) => capacity.cpus,
    above: 'recommendation',
    unlimited: 'ok',
  },
  {
    key: 'processes.limit',
    unit: 'count',
    amountOf: ({ processes }) => processes,
    roomOf: ({ capacity }) => capacity.processes,
    above: 'warning',
    unlimited: 'recommendation',
  },
];

/** One line for everything that policies divide among the guests. `onHost`: names of the guests that are there. */
export function commitments(
  config: Config,
  onHost: readonly string[],
  capacity: Site['capacity'],
): readonly Commitment[] {
  const claims = claimsOf(config, onHost, capacity.cpus);
  const site = { capacity, reserve: config.settings.reserve };
  const unlimited = onHost.filter((guest) => !claims.some((claim) => claim.guest === guest));
  return WEIGHED.map((weighed) => commitment(weighed, claims, unlimited, site));
}

/** Microseconds of CPU time that guests may have saved up, and how long it lasts when all spend it at once. */
export interface Bursts {
  readonly savedUs: number;
  /** Absent: for ever, since what they earn is all that there is. */
  readonly lastsUs?: number;
}

export function bursts(config: Config, onHost: readonly string[], { cpus }: Site['capacity']): Bursts {
  const buckets = claimsOf(config, onHost, cpus).flatMap(({ policy }) => policy.cpu.bucket ?? []);
  const savedUs = buckets.reduce((sum, bucket) => sum + sizeUs(bucket), 0);
  const spare = cpus - buckets.reduce((sum, bucket) => sum + rateOf(bucket), 0);
  if (savedUs === 0) return { savedUs, lastsUs: 0 };
  return spare <= 0 ? { savedUs } : { savedUs, lastsUs: Math.round(savedUs / spare) };
}

function commitment(weighed: Weighed, claims: readonly Claim[], without: readonly string[], site: Site): Commitment {
  const { key, unit, amountOf, roomOf } = weighed;
  const committed = sumOf(claims, (policy) => amountOf(policy) ?? 0);
  const available = roomOf(site);
  const unlimited = [
    ...without,
    ...claims.flatMap(({ guest, policy }) => (amountOf(policy) === undefined ? [guest] : [])),
  ];
  const most = committed > available * (1 + ROUNDING) ? weighed.above : 'ok';
  const level = most === 'ok' && unlimited.length > 0 ? weighed.unlimited : most;
  const place = largestPolicy(claims, (policy) => amountOf(policy) ?? 0)?.places[key];
  return { key, unit, committed, available, level, unlimited, ...(place && { place }) };
}

/** Sums of fractions such as 1/3. */
const ROUNDING = 1e-9;

function inUnit(key: WeighedKey, amount: number): number {
  return key === 'cpu.guarantee' ? amount / PROCESSOR : amount;
}
