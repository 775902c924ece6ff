import {
  type AlertPolicy,
  type BucketPolicy,
  type CpuPolicy,
  type IoPolicy,
  type MemoryPolicy,
  type Policy,
  type ThrashPolicy,
  WEIGHED_KEYS,
  type WeighedKey,
} from '../model/policy.ts';
import type { Place } from '../model/rule.ts';
import { parseDuration } from './duration.ts';
import { patternModel } from './match-model.ts';
import { policyPlace, type WholePolicy, type WrittenPolicy } from './policy-base.ts';
import type { PolicyInput } from './policy-schema.ts';
import { parseBytes, parsePercent } from './quantity.ts';

const TICK_MS = 1;
const ALERT: AlertPolicy = { raise: 0.9, clear: 0.8, forMs: 30_000 };

/** A checked policy as the rest of hostler knows it, every default filled in. */
export function policyModel({ written, input }: WholePolicy): Policy {
  return {
    name: input.policy,
    place: policyPlace(written, []),
    places: placesOf(written),
    ...(input.guests !== undefined && { guests: patternModel(input.guests) }),
    memory: memoryModel(input.memory ?? {}),
    cpu: cpuModel(input.cpu ?? {}),
    ...(input.processes?.limit !== undefined && { processes: input.processes.limit }),
    io: ioModel(input.io ?? {}),
    alerts: Object.fromEntries(
      Object.entries(input.alerts ?? {}).map(([resource, alert]) => [resource, alertModel(alert)]),
    ),
  };
}

function placesOf(written: WrittenPolicy): Policy['places'] {
  const places = WEIGHED_KEYS.map((key) => [key, policyPlace(written, key.split('.'))]);
  return Object.fromEntries(places) as Record<WeighedKey, Place>;
}

function memoryModel({ rss = {}, as = {}, low, min, oom, thrash }: NonNullable<PolicyInput['memory']>): MemoryPolicy {
  const limit = parseBytes(as.limit ?? '');
  return {
    ...bytes('barrier', rss.barrier),
    ...bytes('limit', rss.limit),
    ...(limit !== undefined && { addressSpace: { limit, enforce: as.enforce ?? 'swap', ...scopeOf(as) } }),
    ...bytes('low', low),
    ...bytes('min', min),
    oom: oom ?? 'process',
    ...(thrash && { thrash: thrashModel(thrash) }),
  };
}

const THRASH = { pressure: 0.6, hits: 100, forMs: 10_000, headroom: 64 * 1024 * 1024 } as const;

function thrashModel(said: NonNullable<NonNullable<PolicyInput['memory']>['thrash']>): ThrashPolicy {
  return {
    action: said.action ?? 'freeze',
    pressure: parsePercent(said.pressure ?? '') ?? THRASH.pressure,
    hits: said.hits ?? THRASH.hits,
    forMs: parseDuration(said.for ?? '') ?? THRASH.forMs,
    headroom: parseBytes(said.headroom ?? '') ?? THRASH.headroom,
  };
}

function scopeOf({ scope }: NonNullable<NonNullable<PolicyInput['memory']>['as']>): { readonly scope?: 'guest' } {
  return scope === 'guest' ? { scope } : {};
}

function bytes<Key extends string>(key: Key, written: string | undefined): { readonly [K in Key]?: number } {
  const value = parseBytes(written ?? '');
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: number };
}

function cpuModel({ bucket, guarantee, weight }: NonNullable<PolicyInput['cpu']>): CpuPolicy {
  const model = bucketModel(bucket ?? {});
  return { ...(model && { bucket: model }), guarantee: guarantee ?? false, ...(weight !== undefined && { weight }) };
}

type BucketInput = NonNullable<NonNullable<PolicyInput['cpu']>['bucket']>;

function bucketModel(input: BucketInput): BucketPolicy | undefined {
  const { rate, interval, size, threshold = 0, tick = '', hold = 'smooth', refill = 'steady' } = input;
  if (rate === undefined || interval === undefined || size === undefined) return undefined;
  const tickUs = (parseDuration(tick) ?? TICK_MS) * 1000;
  return {
    ...{ rate, interval, size, threshold, tickUs, hold, refill },
    ...idleModel(input.idle ?? {}),
    ...(input.scope === 'cpu' && { scope: input.scope }),
  };
}

function idleModel({ rate, interval }: NonNullable<BucketInput['idle']>): Pick<BucketPolicy, 'idle'> {
  return rate === undefined || interval === undefined ? {} : { idle: { rate, interval } };
}

function ioModel({ weight, devices = [] }: NonNullable<PolicyInput['io']>): IoPolicy {
  const disks = devices.map(({ device, read, write, reads, writes }) => ({
    device,
    ...bytes('readBytes', read),
    ...bytes('writeBytes', write),
    ...(reads !== undefined && { reads }),
    ...(writes !== undefined && { writes }),
  }));
  return { ...(weight !== undefined && { weight }), disks };
}

function alertModel(input: NonNullable<NonNullable<PolicyInput['alerts']>['rss']> = {}): AlertPolicy {
  const raise = parsePercent(input.raise ?? '') ?? ALERT.raise;
  const clear = parsePercent(input.clear ?? '') ?? Math.min(ALERT.clear, raise);
  return { raise, clear, forMs: parseDuration(input.for ?? '') ?? ALERT.forMs };
}
