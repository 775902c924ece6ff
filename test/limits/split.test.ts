import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inconsistencies } from '../../src/limits/beancounters.ts';
import { planCpu } from '../../src/limits/quota.ts';
import { mostGuests, PAGE, splitHost } from '../../src/limits/split.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

function site(ramBytes: number, swapBytes: number, cpus = 2, reserve = { cpu: 0, memoryBytes: 0 }) {
  return { capacity: { cpus, ramBytes, swapBytes, processes: 16_000 }, reserve };
}

describe('4 GiB of memory and 2 GiB of swap for four guests', () => {
  const split = splitHost(site(4 * GiB, 2 * GiB), 4);

  test('are what vzsplit makes of them', () => {
    expect(split).toMatchObject({
      level: 0,
      beancounters: {
        vmguarpages: { barrier: 285_158, limit: Number.POSITIVE_INFINITY },
        oomguarpages: { barrier: 285_158 },
        privvmpages: { barrier: 285_158, limit: 313_673 },
        physpages: { barrier: 0, limit: 285_158 },
        swappages: { barrier: 0, limit: 262_144 },
        avnumproc: { barrier: 2621, limit: 2621 },
        numproc: { barrier: 5242, limit: 5242 },
        numfile: { barrier: 83_872 },
        kmemsize: { barrier: 214_748_364, limit: 236_223_200 },
      },
    });
  });

  test('are a policy of which four use the host up and no more', () => {
    expect(split?.memory).toEqual({ low: 631_136_256, limit: 1_060_634_624, addressSpace: 1_597_501_440 });
    expect(split?.bucket).toEqual({ rate: 1, interval: 2, size: 1000 });
    expect(split?.processes).toBe(4000);
    const { limit = 0, addressSpace = 0 } = split?.memory ?? {};
    expect(4 * limit).toBeGreaterThan(4 * GiB - 51 * MiB);
    expect(4 * limit).toBeLessThanOrEqual(4 * GiB - 50 * MiB);
    expect(4 * addressSpace).toBeGreaterThan(6 * GiB - 51 * MiB);
    expect(4 * addressSpace).toBeLessThanOrEqual(6 * GiB - 50 * MiB);
  });
});

test.each([
  [1, 1, 0],
  [1, 24, 1],
  [1, 160, 2],
])('%d GiB without swap for %d guests are divided on level %d', (ram, guests, level) => {
  expect(splitHost(site(ram * GiB, 0), guests)?.level).toBe(level);
});

test('what is reserved is divided among nobody', () => {
  const split = splitHost(site(4 * GiB, 0, 4, { cpu: 0.25, memoryBytes: GiB }), 4);
  expect(split?.systemBytes).toBe(GiB);
  expect(split?.memory.limit).toBe(768 * MiB);
  expect(split?.bucket).toEqual({ rate: 3, interval: 4, size: 1500 });
});

test('more guests than there is room for get nothing, and how many have room is known', () => {
  const small = site(512 * MiB, 0);
  const most = mostGuests(small);
  expect(most).toBeGreaterThan(1);
  expect(splitHost(small, most)).toBeDefined();
  expect(splitHost(small, most + 1)).toBeUndefined();
  expect(mostGuests(site(40 * MiB, 0))).toBe(0);
});

const anyHost = fc.record({
  ram: fc.integer({ min: 128, max: 2 ** 20 }),
  swap: fc.integer({ min: 0, max: 2 ** 20 }),
  cpus: fc.integer({ min: 1, max: 512 }),
  processes: fc.integer({ min: 1000, max: 4_194_304 }),
  guests: fc.integer({ min: 1, max: 500 }),
});

test('whatever the host, what is divided fits it, keeps the rules of consistency and is a bucket of the kernel', () => {
  let divided = 0;
  fc.assert(
    fc.property(anyHost, ({ ram, swap, cpus, processes, guests }) => {
      const capacity = { cpus, ramBytes: ram * MiB, swapBytes: swap * MiB, processes };
      const split = splitHost({ capacity, reserve: { cpu: 0, memoryBytes: 0 } }, guests);
      if (split === undefined) return;
      divided += 1;
      const { low, limit, addressSpace } = split.memory;
      const broken = inconsistencies(split.beancounters).filter(({ level }) => level !== 'recommendation');
      expect(broken).toEqual([]);
      expect([low, limit, addressSpace].every((bytes) => bytes % PAGE === 0 && bytes > 0)).toBe(true);
      expect(low <= limit && limit <= addressSpace).toBe(true);
      expect(guests * limit).toBeLessThanOrEqual(capacity.ramBytes);
      if (split.level === 0 && split.processes > 30) expect(guests * split.processes).toBeLessThanOrEqual(processes);
      const { rate, interval, size } = split.bucket;
      expect(guests * rate).toBeLessThanOrEqual(cpus * interval);
      const bucket = { rate, interval, size, tickUs: 1000, threshold: 0, hold: 'smooth', refill: 'steady' } as const;
      expect(planCpu(bucket, cpus).by).toBe('kernel');
    }),
    { numRuns: 3000 },
  );
  expect(divided).toBeGreaterThan(500);
});
