import { describe, expect, test } from 'vitest';
import { overcommitWarnings } from '../../src/limits/overcommit.ts';
import type { Policy } from '../../src/model/policy.ts';
import { configOf } from '../fakes/configuration.ts';
import { policy, QUARTER } from './policy.ts';

const GiB = 2 ** 30;
const HOST = { cpus: 2, ramBytes: 4 * GiB, swapBytes: 2 * GiB, processes: 1000 };

function config(...policies: readonly Policy[]) {
  return { ...configOf(), policies };
}

const swap = (limit: number) => ({ limit, enforce: 'swap' }) as const;
const WEB = policy({
  name: 'web',
  guests: ['web*'],
  memory: { limit: GiB, addressSpace: swap(2 * GiB) },
  processes: 400,
});
const OTHER = policy({ name: 'other', guests: ['db*'], memory: { limit: 2 * GiB } });

describe('a warning', () => {
  test('names each limit of a policy that the host does not have, whoever has the policy', () => {
    const bucket = { ...QUARTER, rate: 5, interval: 2 };
    const big = policy({
      cpu: { guarantee: false, bucket },
      memory: { limit: 5 * GiB, low: 8 * GiB, addressSpace: { limit: 7 * GiB, enforce: 'swap' } },
    });
    expect(overcommitWarnings(config(big), [], HOST).map(({ code, says }) => `${code} ${says.split(';')[0]}`)).toEqual([
      'W_LIMIT_ABOVE_HOST memory.low: 8GiB, and this host has 4GiB of memory',
      'W_LIMIT_ABOVE_HOST memory.rss.limit: 5GiB, and this host has 4GiB of memory',
      'W_LIMIT_ABOVE_HOST memory.as.limit: 7GiB, and this host has 6GiB of memory and swap',
      'W_LIMIT_ABOVE_HOST cpu.bucket: 250%, and this host has 200% of a processor',
    ]);
  });

  test('names each sum that the host does not have, at the policy that most of it is from', () => {
    const place = { file: 'policies/web.yaml', line: 3, column: 18 };
    const web = { ...WEB, places: { ...WEB.places, 'memory.rss.limit': place } };
    const guests = ['web1', 'web2', 'web3', 'db1'];
    expect(overcommitWarnings(config(OTHER, web), guests, HOST)).toMatchObject([
      {
        place,
        code: 'W_OVERCOMMIT',
        says: expect.stringMatching(/^memory.rss.limit: all guests together may have 5GiB, and this host has 4GiB; /),
      },
      {
        says: expect.stringMatching(/^processes.limit: all guests together may have 1200, and this host has 1000; /),
      },
    ]);
  });
});
