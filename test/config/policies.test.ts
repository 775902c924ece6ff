import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { complaintsOf, folderOf } from './folder.ts';

async function policyOf(...files: readonly string[]) {
  const loaded = await loadConfig(
    folderOf(Object.fromEntries(files.map((text, at) => [`policies/${at}.yaml`, text]))),
    {},
  );
  if (!loaded.ok) throw new Error(loaded.problems.map(({ says }) => says).join('\n'));
  return loaded.config.policies[0];
}

describe('a policy', () => {
  test('is read with its units, and every default filled in', async () => {
    const policy = await policyOf(`
policy: small-service
guests: web*
memory: { rss: { barrier: 384MiB, limit: 512MiB }, as: { limit: 1GiB, enforce: both }, low: 64MiB, oom: guest }
cpu: { bucket: { rate: 1, interval: 4, size: 500, threshold: 50 }, guarantee: true }
processes: { limit: 512 }
io: { devices: [{ device: /dev/sda, read: 20MiB, writes: 100 }] }
alerts: { rss: { raise: 70% } }
`);
    const MiB = 2 ** 20;
    expect(policy).toMatchObject({
      name: 'small-service',
      guests: ['web*'],
      memory: {
        barrier: 384 * MiB,
        limit: 512 * MiB,
        addressSpace: { limit: 1024 * MiB, enforce: 'both' },
        low: 64 * MiB,
        oom: 'guest',
      },
      cpu: {
        bucket: { rate: 1, interval: 4, tickUs: 1000, size: 500, threshold: 50, hold: 'smooth', refill: 'steady' },
        guarantee: true,
      },
      processes: 512,
      io: { disks: [{ device: '/dev/sda', readBytes: 20 * MiB, writes: 100 }] },
      alerts: { rss: { raise: 0.7, clear: 0.7, forMs: 30_000 } },
    });
  });

  test('that builds on others says only what differs, and whose they are is not inherited', async () => {
    const policy = await policyOf(
      'policy: small\nbase: middle\nmemory: { rss: { limit: 256MiB } }\n',
      'policy: middle\nbase: default\nguests: db*\nmemory: { rss: { barrier: 128MiB } }\n',
      'policy: default\nmemory: { rss: { limit: 1GiB }, oom: guest }\nprocesses: { limit: 100 }\n',
    );
    expect(policy).toMatchObject({ memory: { barrier: 2 ** 27, limit: 2 ** 28, oom: 'guest' }, processes: 100 });
    expect(policy).not.toHaveProperty('guests');
  });
});

const AMOUNT = 'write a whole number and B, KiB, MiB, GiB or TiB, such as 512MiB';

test.each([
  ['memory: { low: 512 }', '2:16: memory.low: YAML reads 512 as the number 512; write it in quotes, "512"'],
  ['memory: { low: "512" }', `2:16: memory.low: "512" is no amount; ${AMOUNT}`],
  ['memory: { low: -1MiB }', `2:16: memory.low: "-1MiB" is no amount; ${AMOUNT}`],
  ['memory: { low: 0x10MiB }', `2:16: memory.low: "0x10MiB" is no amount; ${AMOUNT}`],
  ['memory: { low: 1.5GiB }', `2:16: memory.low: "1.5GiB" is no amount; ${AMOUNT}`],
  ['memory: { low: 512MB }', `2:16: memory.low: "512MB" is no amount; ${AMOUNT}`],
  ['memory: { low: 0MiB }', '2:16: memory.low: an amount of nothing; write at least 1B'],
  [
    'memory: { low: 18446744073709551616B }',
    '2:16: memory.low: "18446744073709551616B" is more than any host has; write at most 4096TiB',
  ],
  [
    'memory: { rss: { barrier: 2GiB, limit: 1GiB } }',
    '2:27: memory.rss.barrier: 2GiB is more than rss.limit, which is 1GiB; write at most 1GiB',
  ],
  [
    'memory: { rss: { limit: 2GiB }, as: { limit: 1GiB } }',
    '2:25: memory.rss.limit: 2GiB is more than as.limit, which is 1GiB; write at most 1GiB',
  ],
  [
    'memory: { as: { limit: 1GiB } }',
    '2:24: memory.as.limit: swap is what is left of it above rss.limit; write rss.limit too',
  ],
  [
    'memory: { as: { limit: 32MiB, enforce: data } }',
    '2:24: memory.as.limit: with 32MiB of data common programs hang or die at their start; write at least 64MiB',
  ],
  ['memory: { as: { enforce: data } }', '2:26: memory.as.enforce: there is no limit to enforce; write as.limit'],
  ['processes: { limit: 0 }', '2:21: processes.limit: write a whole number from 1 to 4194304'],
  ['processes: { limit: 1e99 }', '2:21: processes.limit: write a whole number from 1 to 4194304'],
  [
    'cpu: { bucket: { rate: 1, interval: 0, size: 5 } }',
    '2:37: cpu.bucket.interval: write a whole number from 1 to 1000000000',
  ],
  [
    'cpu: { bucket: { rate: 1 } }',
    '2:16: cpu.bucket: has no interval and no size; write a bucket such as { rate: 1, interval: 4, size: 500 }',
  ],
  [
    'cpu: { bucket: { rate: 1, interval: 4, size: 5, threshold: 6 } }',
    '2:60: cpu.bucket.threshold: 6 is more than the bucket holds; write at most 5',
  ],
  [
    'cpu: { bucket: { rate: 1, interval: 1001, size: 5 } }',
    '2:24: cpu.bucket.rate: 1 of 1001 is below a thousandth of a processor, which the kernel cannot hold; write more',
  ],
  ['cpu: { guarantee: true }', '2:19: cpu.guarantee: there is no rate to guarantee; write cpu.bucket'],
  [
    'alerts: { rss: { raise: 80%, clear: 90% } }',
    '2:37: alerts.rss.clear: 90% is more than what raises the alert; write at most 80%',
  ],
  ['alerts: { rss: { raise: 110% } }', '2:25: alerts.rss.raise: "110%" is no share; write 1% to 100%, such as 90%'],
  ['base: ghost', '2:7: base: no policy "ghost" is in policies/; write it, or leave base out'],
  ['base: bad', '2:7: base: "bad" builds on "bad"; leave out one of them'],
])('%s is refused', async (line, says) => {
  expect(await complaintsOf(folderOf({ 'policies/bad.yaml': `policy: bad\n${line}` }))).toEqual([
    `policies/bad.yaml:${says}`,
  ]);
});

test('what a policy inherits counts, and the complaint is at the policy that says too much', async () => {
  const folder = folderOf({
    'policies/default.yaml': 'policy: default\nmemory: { rss: { limit: 1GiB } }\n',
    'policies/small.yaml': 'policy: small\nbase: default\nmemory: { rss: { barrier: 2GiB } }\n',
  });
  expect(await complaintsOf(folder)).toEqual([
    'policies/small.yaml:3:27: memory.rss.barrier: 2GiB is more than rss.limit, which is 1GiB; write at most 1GiB',
  ]);
});

test('a guest cannot have a policy that is not there, and two cannot have one name', async () => {
  const folder = folderOf({
    'guests/web1.yaml': 'guest: web1\npolicy: smal\n',
    'policies/small.yaml': 'policy: small\n',
    'policies/two.yaml': 'policy: small\n',
  });
  const [unknown, twice] = await complaintsOf(folder);
  expect(unknown).toBe(
    'guests/web1.yaml:2:9: policy: no policy "smal" is in policies/; did you mean "small"? write policies/smal.yaml',
  );
  expect(twice).toMatch(
    /^policies\/two.yaml:1:9: the policy "small" is here a second time, first at .*small.yaml:1:9; keep one of the two files$/,
  );
});
