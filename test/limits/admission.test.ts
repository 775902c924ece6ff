import { describe, expect, test } from 'vitest';
import { admitted, guaranteeProblems } from '../../src/limits/admission.ts';
import type { Config } from '../../src/model/config.ts';
import type { BucketPolicy, Policy } from '../../src/model/policy.ts';
import { configOf } from '../fakes/configuration.ts';
import { policy, QUARTER } from './policy.ts';

const GiB = 2 ** 30;
const ONE_CPU = { cpus: 1, ramBytes: 4 * GiB, swapBytes: 2 * GiB, processes: 32_768 };
const NO_RESERVE = { cpu: 0, memoryBytes: 0 };

function bucket(rate: number, interval: number): BucketPolicy {
  return { ...QUARTER, rate, interval };
}

/** A policy that guarantees this share, for one guest of its name. */
function guaranteed(name: string, rate: number, interval: number): Policy {
  return policy({ name, guests: [name], cpu: { guarantee: true, bucket: bucket(rate, interval) } });
}

function config(policies: readonly Policy[], reserve = NO_RESERVE): Config {
  const { settings, ...others } = configOf();
  return { ...others, policies, settings: { ...settings, reserve } };
}

const QUARTERS = [guaranteed('web1', 1, 4), guaranteed('web2', 1, 4), guaranteed('db1', 1, 2)];
const names = (policies: readonly Policy[]) => policies.map(({ name }) => name);

describe('what policies guarantee', () => {
  test('fits one processor to the last token: .25 + .25 + .5', () => {
    expect(guaranteeProblems(config(QUARTERS), names(QUARTERS), ONE_CPU)).toEqual([]);
  });

  test('is refused as soon as it is .01 more, at the policy that guarantees most, with all guests', () => {
    const policies = [...QUARTERS, guaranteed('web3', 1, 100)];
    const place = { file: 'policies/db1.yaml', line: 4, column: 14 };
    const db1 = policies[2];
    if (db1) policies[2] = { ...db1, places: { ...db1.places, 'cpu.guarantee': place } };
    expect(guaranteeProblems(config(policies), names(policies), ONE_CPU)).toEqual([
      {
        place,
        code: 'E_GUARANTEE',
        says:
          'cpu.guarantee: a guarantee does not fit this host: 101% of a processor is guaranteed and 100% is there: ' +
          'db1 50%, web1 25%, web2 25%, web3 1%; lower it in a policy, leave it out of one, or give fewer guests such a policy',
      },
    ]);
    expect(guaranteeProblems(config(policies), names(policies), { ...ONE_CPU, cpus: 2 })).toEqual([]);
  });

  test('is counted for every guest that a glob is for, and for one that a file announces', () => {
    const web = policy({ name: 'web', guests: ['web*'], cpu: { guarantee: true, bucket: bucket(1, 2) } });
    expect(guaranteeProblems(config([web]), ['web1', 'web2', 'mail'], ONE_CPU)).toEqual([]);
    expect(guaranteeProblems(config([web]), ['web1', 'web2', 'web3'], ONE_CPU)).toHaveLength(1);
    const announced = { ...config([web]), guests: [{ guest: 'web3' }] };
    expect(guaranteeProblems(announced, ['web1', 'web2'], ONE_CPU)).toHaveLength(1);
  });

  test('is nothing where a policy has a rate and no guarantee', () => {
    const plain = policy({ guests: ['*'], cpu: { guarantee: false, bucket: bucket(9, 10) } });
    expect(guaranteeProblems(config([plain]), ['a', 'b', 'c'], ONE_CPU)).toEqual([]);
  });

  test('three thirds fit', () => {
    const third = policy({ guests: ['*'], cpu: { guarantee: true, bucket: bucket(1, 3) } });
    expect(guaranteeProblems(config([third]), ['a', 'b', 'c'], ONE_CPU)).toEqual([]);
  });

  test('leaves the reserve alone', () => {
    expect(
      guaranteeProblems(config(QUARTERS, { cpu: 0.1, memoryBytes: 0 }), names(QUARTERS), ONE_CPU)[0]?.says,
    ).toContain('100% of a processor is guaranteed and 90% is there');
  });

  test('of memory fits what the host has of it without the reserve', () => {
    const half = policy({ guests: ['*'], memory: { min: 2 * GiB } });
    expect(guaranteeProblems(config([half]), ['a', 'b'], ONE_CPU)).toEqual([]);
    expect(guaranteeProblems(config([half], { cpu: 0, memoryBytes: 1 }), ['a', 'b'], ONE_CPU)[0]?.says).toMatch(
      /^memory.min: a guarantee does not fit this host: 4GiB of memory is guaranteed and 4.0GiB is there: a 2GiB, b 2GiB; /,
    );
    expect(guaranteeProblems(config([half]), ['a', 'b', 'c'], ONE_CPU)).toHaveLength(1);
  });
});

describe('a guest that starts', () => {
  const site = { capacity: ONE_CPU, reserve: NO_RESERVE };
  const both = policy({ memory: { min: GiB, limit: 2 * GiB }, cpu: { guarantee: true, bucket: bucket(3, 5) } });
  const claim = (guest: string, one = both) => ({ guest, policy: one });

  test('has all of its policy while it fits', () => {
    expect(admitted(claim('web1'), [], site)).toEqual({ policy: both, refusals: [] });
  });

  test('has the rest of its policy where a guarantee does not fit, and is told who has it', () => {
    expect(admitted(claim('web2'), [claim('web1')], site)).toEqual({
      policy: { ...both, cpu: { ...both.cpu, guarantee: false } },
      refusals: [
        {
          code: 'E_GUARANTEE',
          subject: 'web2',
          detail: 'cpu.guarantee: it wants 60% of a processor, and 40% of 100% is left (web1 60%)',
        },
      ],
    });
  });

  test('is not kept from what another one asked for and did not get', () => {
    const quarter = policy({ cpu: { guarantee: true, bucket: bucket(1, 4) } });
    expect(admitted(claim('web3', quarter), [claim('web1'), claim('web2')], site).refusals).toEqual([]);
  });

  test('without memory to give has no memory.min, and its limit all the same', () => {
    const most = policy({ memory: { min: 4 * GiB, limit: 4 * GiB } });
    const { policy: left, refusals } = admitted(claim('b', most), [claim('a')], site);
    expect(left.memory).toEqual({ limit: 4 * GiB, oom: 'process' });
    expect(refusals).toMatchObject([
      { detail: 'memory.min: it wants 4GiB of memory, and 3GiB of 4GiB is left (a 1GiB)' },
    ]);
  });

  describe('with a bucket of each processor', () => {
    const two = { ...site, capacity: { ...ONE_CPU, cpus: 2 } };
    const each = (guest: string, hundredths: number, ...cpus: readonly number[]) => {
      const all = { ...bucket(hundredths * cpus.length, 100) };
      return { guest, policy: policy({ cpu: { guarantee: true, bucket: all } }), cpus };
    };
    const quarters = [each('a', 25, 0, 1), each('b', 25, 1), each('c', 50, 1)];

    test('fits as long as no processor is promised more than once', () => {
      for (const [at, one] of quarters.entries())
        expect(admitted(one, quarters.slice(0, at), two).refusals).toEqual([]);
      expect(admitted(each('d', 75, 0), quarters, two).refusals).toEqual([]);
    });

    test('is refused where one of them has less left, whatever the host has, with those who have something of it', () => {
      expect(admitted(each('d', 1, 0, 1), quarters, two).refusals).toEqual([
        {
          code: 'E_GUARANTEE',
          subject: 'd',
          detail:
            'cpu.guarantee: it wants 1% of each of its processors, and 0% of 100% is left of processor 1 (a 25%, b 25%, c 50%)',
        },
      ]);
      expect(admitted(each('e', 76, 0), quarters.slice(0, 2), two).refusals).toMatchObject([
        { detail: expect.stringContaining('and 75% of 100% is left of processor 0 (a 25%)') },
      ]);
    });

    test('leaves the reserve of each alone', () => {
      const kept = { ...two, reserve: { cpu: 0.1, memoryBytes: 0 } };
      expect(admitted(each('a', 90, 0), [], kept).refusals).toEqual([]);
      expect(admitted(each('a', 91, 0), [], kept).refusals).toMatchObject([
        { detail: 'cpu.guarantee: it wants 91% of each of its processors, and 90% of 90% is left of processor 0' },
      ]);
    });
  });

  test('that is not there yet may have it of all processors: the sum of all is that of one', () => {
    const of = (interval: number) =>
      policy({ guests: ['*'], cpu: { guarantee: true, bucket: { ...bucket(1, interval), scope: 'cpu' } } });
    const four = { ...ONE_CPU, cpus: 4 };
    expect(guaranteeProblems(config([of(2)]), ['a', 'b'], four)).toEqual([]);
    expect(guaranteeProblems(config([of(2)]), ['a', 'b', 'c'], four)[0]?.says).toContain(
      '600% of a processor is guaranteed and 400% is there: a 200%, b 200%, c 200%',
    );
  });
});
