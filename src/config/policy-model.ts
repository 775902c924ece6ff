import {
  type AlertPolicy,
  type BucketPolicy,
  type CpuPolicy,
  type IoPolicy,
  type MemoryPolicy,
  type Policy,
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

function memoryModel({ rss = {}, as = {}, low, min, oom }: NonNullable<PolicyInput['memory']>): MemoryPolicy {
  const limit = parseBytes(as.limit ?? '');
  return {
    ...bytes('barrier', rss.barrier),
    ...bytes('limit', rss.limit),
    ...(limit !== undefined && { addressSpace: { limit, enforce: as.enforce ?? 'swap' } }),
    ...bytes('low', low),
    ...bytes('min', min),
    oom: oom ?? 'process',
  };
}

function bytes<Key extends string>(key: Key, written: string | undefined): { readonly [K in Key]?: number } {
  const value = parseBytes(written ?? '');
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: number };
}

function cpuModel({ bucket, guarantee, weight }: NonNullable<PolicyInput['cpu']>): CpuPolicy {
  const model = bucketModel(bucket ?? {});
  return { ...(model && { bucket: model }), guarantee: guarantee ?? false, ...(weight !== undefined && { weight }) };
}

function bucketModel(input: NonNullable<NonNullable<PolicyInput['cpu']>['bucket']>): BucketPolicy | undefined {
  const { rate, interval, size, threshold = 0, tick = '', hold = 'smooth', refill = 'steady' } = input;
  if (rate === undefined || interval === undefined || size === undefined) return undefined;
  return { rate, interval, size, threshold, tickUs: (parseDuration(tick) ?? TICK_MS) * 1000, hold, refill };
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
