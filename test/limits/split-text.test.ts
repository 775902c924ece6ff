import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { splitHost } from '../../src/limits/split.ts';
import { writtenSplit } from '../../src/limits/split-text.ts';
import { folderOf } from '../config/folder.ts';

const GiB = 2 ** 30;
const SITE = {
  capacity: { cpus: 4, ramBytes: 4 * GiB, swapBytes: 2 * GiB, processes: 16_000 },
  reserve: { cpu: 0, memoryBytes: 0 },
};

test('what is written is read as what was divided', async () => {
  const split = splitHost(SITE, 3);
  if (split === undefined) throw new Error('no room');
  const text = `${writtenSplit(split, SITE, 'third').join('\n')}\n`;
  const loaded = await loadConfig(folderOf({ 'policies/third.yaml': text }), {});
  expect(loaded.problems).toEqual([]);
  expect(loaded.ok && loaded.config.policies[0]).toMatchObject({
    name: 'third',
    memory: {
      limit: split.memory.limit,
      low: split.memory.low,
      addressSpace: { limit: split.memory.addressSpace, enforce: 'swap' },
    },
    processes: split.processes,
    cpu: { guarantee: true, bucket: { ...split.bucket, tickUs: 1000 } },
  });
});

test('a recommendation of OpenVZ that a tight level breaks is beside it', () => {
  const capacity = { cpus: 2, ramBytes: GiB / 4, swapBytes: GiB / 8, processes: 16_000 };
  const split = splitHost({ ...SITE, capacity }, 50);
  expect(split && writtenSplit(split, { ...SITE, capacity }, 'fiftieth')).toEqual(
    expect.arrayContaining([
      '# recommendation: othersockbuf.barrier >= 129 KiB does not hold: othersockbuf 70538:358958',
      'policy: fiftieth',
    ]),
  );
});

test('the arithmetic is beside it', () => {
  const split = splitHost(SITE, 4);
  expect(split && writtenSplit(split, SITE, 'quarter').slice(0, 8)).toEqual([
    '# One of 4 equal guests on a host with 4GiB of memory and 2GiB of swap, 4 processors and 16000 processes.',
    '# Commitment level 0: everything fits, and any value may be raised.',
    '# For the host: 50MiB. For each guest: (memory + swap - 50MiB) / 4 = 1.5GiB,',
    "# of which 409.6MiB are for the kernel's own memory. As OpenVZ had it, barrier:limit:",
    '#   vmguarpages  285158:max',
    '#   oomguarpages 285158:max',
    '#   privvmpages  285158:313673',
    '#   physpages    0:285158',
  ]);
});
