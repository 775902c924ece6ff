import { expect, test } from 'vitest';
import { validation } from '../../src/limits/validation.ts';
import type { Policy } from '../../src/model/policy.ts';
import { configOf } from '../fakes/configuration.ts';
import { policy, QUARTER } from './policy.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const HOST = { cpus: 2, ramBytes: 4 * GiB, swapBytes: 2 * GiB, processes: 32_768 };

function findingsOf(guests: readonly string[], ...policies: readonly Policy[]) {
  const { findings } = validation({ ...configOf(), policies }, guests, HOST);
  return findings.map(({ level, says }) => `${level}: ${says}`);
}

const PLAIN = policy({ guests: ['*'], memory: { limit: GiB }, processes: 512 });

test('policies that fit the host leave nothing to say', () => {
  expect(findingsOf(['web1', 'web2'], PLAIN)).toEqual([]);
});

test('the guests are those of the host and those that a file announces', () => {
  const config = { ...configOf(), policies: [PLAIN], guests: [{ guest: 'db1' }, { guest: 'web1' }] };
  expect(validation(config, ['web2', 'web1'], HOST).guests).toEqual(['db1', 'web1', 'web2']);
});

test('what is guaranteed and not there is an error, what is only allowed a warning', () => {
  const kept = policy({ guests: ['*'], memory: { min: 3 * GiB, limit: 3 * GiB }, processes: 100 });
  expect(findingsOf(['a', 'b'], kept)).toEqual([
    expect.stringMatching(/^error: memory.min: .*6GiB of memory is guaranteed and 4GiB is there: a 3GiB, b 3GiB; /),
    expect.stringMatching(/^warning: memory.rss.limit: all guests together may have 6GiB, and this host has 4GiB; /),
  ]);
});

test('more CPU time than there is to earn is usual, and somebody may want a guarantee', () => {
  const bucket = { ...QUARTER, rate: 3, interval: 2 };
  const half = policy({ ...PLAIN, cpu: { guarantee: false, bucket } });
  expect(findingsOf(['a', 'b'], half)).toEqual([
    'recommendation: cpu.bucket: 300% of a processor is earned by all and 200% is there; who is to have its rate when all want it needs cpu.guarantee',
  ]);
});

test('processes whose kernel memory alone is more than the guest may have, as OpenVZ judged kmemsize', () => {
  const many = policy({ guests: ['*'], memory: { limit: 64 * MiB }, processes: 4096 });
  expect(findingsOf(['a'], many)).toEqual([
    'warning: processes.limit: half of 4096 processes need 80MiB for the kernel alone, and memory.rss.limit is 64MiB; write fewer processes, or more memory',
  ]);
  expect(findingsOf([], many)).toEqual([]);
});

test('data that a process is refused although it is kept for the guest, as OpenVZ judged privvmpages', () => {
  const data = { limit: 640 * MiB, enforce: 'data' } as const;
  expect(findingsOf(['a'], policy({ ...PLAIN, memory: { limit: GiB, low: 768 * MiB, addressSpace: data } }))).toEqual([
    'warning: memory.as.limit: 640MiB is less than memory.low, which is 768MiB; a process is refused memory that is kept for the guest: write no less',
  ]);
});

test('data with which node does not start', () => {
  const data = { limit: 639 * MiB, enforce: 'both' } as const;
  expect(findingsOf(['a'], policy({ ...PLAIN, memory: { limit: 512 * MiB, addressSpace: data } }))).toEqual([
    'warning: memory.as.limit: with 639MiB of data node 24 does not start; where it is to run write at least 640MiB',
  ]);
});

test('a guest without a limit is named where others have one', () => {
  const web = policy({ ...PLAIN, guests: ['web*'] });
  expect(findingsOf(['web1', 'mail', 'news'], web)).toEqual([
    'recommendation: memory.rss.limit: mail, news has no such limit, and may use what others are to have; give it one',
    'recommendation: processes.limit: mail, news has no such limit, and may use what others are to have; give it one',
  ]);
});
