import type { Problem } from '../model/config.ts';
import type { ConfigCode } from '../model/config-code.ts';
import { parseDuration } from './duration.ts';
import type { Path } from './parsed.ts';
import { policyPlace, type WholePolicy } from './policy-base.ts';
import type { PolicyInput } from './policy-schema.ts';
import { parseBytes, parsePercent } from './quantity.ts';

/** Something that two keys cannot say together: the key to point at, and what would be right. */
interface Contradiction {
  readonly path: Path;
  readonly says: string;
  /** Absent: E_CONFIG_CONFLICT. */
  readonly code?: ConfigCode;
}

/** Below it node never comes up, and others die at their start. */
const LEAST_DATA = 64 * 1024 * 1024;
const LEAST_RATE = 0.001;
/** Linux has no more. */
const MOST_PROCESSORS = 8192;
/** The kernel counts CPU time to 203 days. */
const MOST_US = 2 ** 44;
/** Of a debt as deep as the bucket, and of what is earned meanwhile, products are still exact. */
const EXACT = 2 ** 51;
/** Below it init itself is killed, or does nothing but wait for its own pages. */
const LEAST_RESIDENT = 4 * 1024 * 1024;
/** Below it init cannot start the first of its services. */
const LEAST_PROCESSES = 10;

/** What a policy and all that it builds on cannot say together. */
export function policyContradictions(policy: WholePolicy): readonly Problem[] {
  const { memory, cpu, processes, alerts } = policy.input;
  const found = [
    ...inMemory(memory ?? {}),
    ...inBucket(cpu ?? {}),
    ...inProcesses(processes ?? {}),
    ...inAlerts(alerts ?? {}),
  ];
  return found.map(({ path, says, code = 'E_CONFIG_CONFLICT' }) => ({
    place: policyPlace(policy.written, path),
    code,
    says: `${path.join('.')}: ${says}`,
  }));
}

function inMemory({ rss = {}, as = {}, low, min, thrash }: Memory): readonly Contradiction[] {
  const sizes = [
    tooLittle(['memory', 'rss', 'barrier'], rss.barrier),
    tooLittle(['memory', 'rss', 'limit'], rss.limit),
    above(['memory', 'rss', 'barrier'], rss.barrier, 'rss.limit', rss.limit),
    above(['memory', 'rss', 'limit'], rss.limit, 'as.limit', as.enforce === 'data' ? undefined : as.limit),
    above(['memory', 'low'], low, 'rss.limit', rss.limit),
    above(['memory', 'min'], min, 'rss.limit', rss.limit),
    above(['memory', 'min'], min, 'memory.low', low),
  ];
  return [...sizes.flat(), ...inAddressSpace(rss, as), ...inThrash(rss, thrash)];
}

const LEAST_HEADROOM = 1024 * 1024;

function inThrash({ limit }: NonNullable<Memory['rss']>, thrash: Memory['thrash']): readonly Contradiction[] {
  if (thrash === undefined) return [];
  const path = ['memory', 'thrash'];
  if (limit === undefined) return [{ path, says: 'there is no limit at which it could thrash; write rss.limit' }];
  if ((parseBytes(thrash.headroom ?? '') ?? LEAST_HEADROOM) >= LEAST_HEADROOM) return [];
  return [{ path: [...path, 'headroom'], says: `${thrash.headroom} helps no guest; write at least 1MiB` }];
}

function above(
  path: Path,
  value: string | undefined,
  other: string,
  limit: string | undefined,
): readonly Contradiction[] {
  const [one, most] = [parseBytes(value ?? ''), parseBytes(limit ?? '')];
  if (one === undefined || most === undefined || one <= most) return [];
  return [{ path, says: `${value} is more than ${other}, which is ${limit}; write at most ${limit}` }];
}

function tooLittle(path: Path, value: string | undefined): readonly Contradiction[] {
  const bytes = parseBytes(value ?? '');
  if (bytes === undefined || bytes >= LEAST_RESIDENT) return [];
  return [{ path, code: 'E_CONFIG_NUMBER', says: `no guest lives on ${value}; write at least 4MiB` }];
}

type Memory = NonNullable<PolicyInput['memory']>;

function inAddressSpace(rss: NonNullable<Memory['rss']>, as: NonNullable<Memory['as']>): readonly Contradiction[] {
  const { limit, enforce = 'swap' } = as;
  const path = ['memory', 'as', 'limit'];
  if (limit === undefined) {
    return as.enforce === undefined
      ? []
      : [{ path: ['memory', 'as', 'enforce'], says: 'there is no limit to enforce; write as.limit' }];
  }
  if (enforce === 'swap' && as.scope !== undefined) {
    const says = 'memory and swap are the guest’s in any case; leave it out, or write enforce: data';
    return [{ path: ['memory', 'as', 'scope'], says }];
  }
  if (enforce !== 'data' && rss.limit === undefined) {
    return [{ path, says: 'swap is what is left of it above rss.limit; write rss.limit too' }];
  }
  if (enforce !== 'swap' && (parseBytes(limit) ?? LEAST_DATA) < LEAST_DATA) {
    return [
      {
        path,
        code: 'E_CONFIG_NUMBER',
        says: `with ${limit} of data common programs hang or die at their start; write at least 64MiB`,
      },
    ];
  }
  return [];
}

function inBucket({ bucket, guarantee }: NonNullable<PolicyInput['cpu']>): readonly Contradiction[] {
  const path = ['cpu', 'bucket'];
  if (bucket === undefined) {
    return guarantee ? [{ path: ['cpu', 'guarantee'], says: 'there is no rate to guarantee; write cpu.bucket' }] : [];
  }
  const { rate, interval, size, threshold = 0, hold, idle } = bucket;
  const incomplete = [
    ...without(path, 'a bucket such as { rate: 1, interval: 4, size: 500 }', { rate, interval, size }),
    ...without(
      [...path, 'idle'],
      'a share such as { rate: 1, interval: 8 }',
      idle && { rate: idle.rate, interval: idle.interval },
    ),
  ];
  if (incomplete.length > 0) return incomplete;
  if (threshold > (size ?? 0)) {
    return [
      { path: [...path, 'threshold'], says: `${threshold} is more than the bucket holds; write at most ${size}` },
    ];
  }
  const bounds = [...tooSlow(bucket), ...tooMuch(bucket)];
  return hold === 'strict' ? [...inStrictBucket(bucket), ...bounds] : bounds;
}

function without(
  path: Path,
  right: string,
  values: Readonly<Record<string, number | undefined>> = {},
): readonly Contradiction[] {
  const missing = Object.keys(values).filter((key) => values[key] === undefined);
  return missing.length === 0
    ? []
    : [{ path, code: 'E_CONFIG_MISSING', says: `has no ${missing.join(' and no ')}; write ${right}` }];
}

type BucketInput = NonNullable<NonNullable<PolicyInput['cpu']>['bucket']>;

// Held is who has nothing: it goes on with threshold tokens, and what it may have above them is room to run in.
function inStrictBucket({ threshold = 0, size = 0 }: BucketInput): readonly Contradiction[] {
  const path = ['cpu', 'bucket'];
  if (size < 2) {
    return [
      {
        path: [...path, 'size'],
        says: `a bucket of ${size} has no room for the threshold that strict needs; write at least 2, or hold: smooth`,
      },
    ];
  }
  const most = `write a threshold from 1 to ${size - 1}, or hold: smooth`;
  if (threshold === 0) {
    return [
      { path: [...path, 'hold'], says: `strict with a threshold of 0 lets the guest stand still for no time; ${most}` },
    ];
  }
  if (threshold < size) return [];
  return [
    { path: [...path, 'threshold'], says: `strict with a threshold as large as the bucket leaves no room; ${most}` },
  ];
}

function tooSlow({ rate, interval }: BucketInput): readonly Contradiction[] {
  const path = ['cpu', 'bucket'];
  if ((rate ?? 1) / (interval ?? 1) >= LEAST_RATE) return [];
  return [
    {
      path: [...path, 'rate'],
      code: 'E_CONFIG_NUMBER',
      says: `${rate} of ${interval} is below a thousandth of a processor, which the kernel cannot hold; write more`,
    },
  ];
}

// What the kernel does not take, or what could not be counted to the last token.
function tooMuch({ rate = 1, interval = 1, size = 1, tick = '1ms', scope }: BucketInput): readonly Contradiction[] {
  const path = ['cpu', 'bucket'];
  const code = 'E_CONFIG_NUMBER';
  const tickUs = 1000 * (parseDuration(tick) ?? 1);
  if (rate / interval > MOST_PROCESSORS) {
    const says = `${rate} of ${interval} is more than ${MOST_PROCESSORS} processors, and no host has so many; write at most ${MOST_PROCESSORS * interval}`;
    return [{ path: [...path, 'rate'], code, says }];
  }
  if (size * tickUs > MOST_US) {
    const says = `${size} of ${tick} are more than 203 days, to which the kernel counts; write at most ${Math.floor(MOST_US / tickUs)}`;
    return [{ path: [...path, 'size'], code, says }];
  }
  const processors = scope === 'cpu' ? MOST_PROCESSORS : 1;
  if ((size + rate) * processors * tickUs * interval <= EXACT) return [];
  const says = `${size} of ${tick}, earned in intervals of ${interval}, cannot be counted exactly; write fewer, or a smaller rate and interval with the same share`;
  return [{ path: [...path, 'size'], code, says }];
}

function inProcesses({ limit }: NonNullable<PolicyInput['processes']>): readonly Contradiction[] {
  if (limit === undefined || limit >= LEAST_PROCESSES) return [];
  const says = `init and its services are more than ${limit}; write at least ${LEAST_PROCESSES}`;
  return [{ path: ['processes', 'limit'], code: 'E_CONFIG_NUMBER', says }];
}

function inAlerts(alerts: NonNullable<PolicyInput['alerts']>): readonly Contradiction[] {
  return Object.entries(alerts).flatMap(([resource, { raise, clear } = {}]) => {
    const [up, down] = [parsePercent(raise ?? '90%') ?? 1, parsePercent(clear ?? '') ?? 0];
    if (down <= up) return [];
    return [
      {
        path: ['alerts', resource, 'clear'],
        says: `${clear} is more than what raises the alert; write at most ${raise ?? '90%'}`,
      },
    ];
  });
}
