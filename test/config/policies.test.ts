import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { loadFolder } from '../../src/config/load-folder.ts';
import { failures } from '../../src/model/failure.ts';
import { hostler } from '../cli/hostler.ts';
import { complaintsHere, complaintsOf, folderOf } from './folder.ts';

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

  test('has a share of what others leave idle, of which the base may say a part', async () => {
    const policy = await policyOf(
      'policy: eager\nbase: default\ncpu: { bucket: { idle: { rate: 3 } } }\n',
      'policy: default\ncpu: { bucket: { rate: 1, interval: 4, size: 500, idle: { rate: 1, interval: 8 } } }\n',
    );
    expect(policy).toMatchObject({ cpu: { bucket: { idle: { rate: 3, interval: 8 } } } });
  });

  test('says when a guest thrashes, and what is then done', async () => {
    const thrash = async (text: string) =>
      (await policyOf(`policy: still\nmemory: { rss: { limit: 1GiB }, thrash: ${text} }\n`))?.memory.thrash;
    const usual = { action: 'freeze', pressure: 0.6, hits: 100, forMs: 10_000, headroom: 2 ** 26 };
    expect(await thrash('{}')).toEqual(usual);
    const own = { action: 'alert', pressure: 0.25, hits: 30, forMs: 3000 };
    expect(await thrash('{ action: alert, pressure: 25%, hits: 30, for: 3s }')).toEqual({ ...usual, ...own });
  });

  test('has a bucket for each processor', async () => {
    const policy = await policyOf('policy: each\ncpu: { bucket: { rate: 1, interval: 4, size: 500, scope: cpu } }\n');
    expect(policy).toMatchObject({ cpu: { bucket: { rate: 1, scope: 'cpu' } } });
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

const UNIT = 'write an amount with its unit, such as 512MiB';
const AMOUNT = 'write a whole number and B, KiB, MiB, GiB or TiB, such as 512MiB';

test.each([
  ['memory: { low: 512 }', `2:16: memory.low: 512 has no unit; ${UNIT}`],
  ['memory: { low: -1 }', `2:16: memory.low: -1 is negative; ${UNIT}`],
  ['memory: { low: 0xffffffff }', `2:16: memory.low: 0xffffffff is hexadecimal; ${UNIT}`],
  ['memory: { low: max }', `2:16: memory.low: "max" is no amount; ${AMOUNT}`],
  ['memory: { low: ~ }', `2:16: memory.low is empty; ${UNIT}`],
  ['memory: { low: "512" }', `2:16: memory.low: "512" is no amount; ${AMOUNT}`],
  ['memory: { low: -1MiB }', `2:16: memory.low: "-1MiB" is negative; ${AMOUNT}`],
  ['memory: { low: 0x10MiB }', `2:16: memory.low: "0x10MiB" is hexadecimal; ${AMOUNT}`],
  ['memory: { low: 1.5GiB }', `2:16: memory.low: "1.5GiB" is not whole; ${AMOUNT}`],
  ['memory: { low: 012MiB }', `2:16: memory.low: "012MiB" begins with 0, which some read as octal; ${AMOUNT}`],
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
  [
    'memory: { rss: { limit: 1GiB }, as: { limit: 1GiB, scope: guest } }',
    '2:59: memory.as.scope: memory and swap are the guest’s in any case; leave it out, or write enforce: data',
  ],
  [
    'memory: { as: { limit: 1GiB, enforce: data, scope: all } }',
    '2:52: memory.as.scope: "all" is unknown; write process or guest',
  ],
  ['memory: { as: { enforce: data } }', '2:26: memory.as.enforce: there is no limit to enforce; write as.limit'],
  [
    'memory: { low: 9223372036854775807B }',
    '2:16: memory.low: "9223372036854775807B" is more than any host has; write at most 4096TiB',
  ],
  ['memory: { rss: { limit: 1MiB } }', '2:25: memory.rss.limit: no guest lives on 1MiB; write at least 4MiB'],
  [
    'memory: { rss: { barrier: 4095KiB, limit: 1GiB } }',
    '2:27: memory.rss.barrier: no guest lives on 4095KiB; write at least 4MiB',
  ],
  ['memory: { as: { limit: 640, enforce: data } }', `2:24: memory.as.limit: 640 has no unit; ${UNIT}`],
  [
    'memory: { low: 2GiB, rss: { limit: 1GiB } }',
    '2:16: memory.low: 2GiB is more than rss.limit, which is 1GiB; write at most 1GiB',
  ],
  [
    'memory: { min: 2GiB, low: 1GiB }',
    '2:16: memory.min: 2GiB is more than memory.low, which is 1GiB; write at most 1GiB',
  ],
  ['processes: { limit: 9 }', '2:21: processes.limit: init and its services are more than 9; write at least 10'],
  ['processes: { limit: -1 }', '2:21: processes.limit: -1 is negative; write a whole number from 1 to 4194304'],
  [
    'processes: { limit: 18446744073709551616 }',
    '2:21: processes.limit: 18446744073709551616 is too large; write a whole number from 1 to 4194304',
  ],
  ['processes: { limit: 0x40 }', '2:21: processes.limit: 0x40 is hexadecimal; write 64'],
  ['processes: { limit: 0o777 }', '2:21: processes.limit: 0o777 is octal; write 511'],
  ['processes: { limit: 0512 }', '2:21: processes.limit: 0512 begins with 0, which some read as octal; write 512'],
  ['processes: { limit: 1e3 }', '2:21: processes.limit: 1e3 is not written as a decimal number; write 1000'],
  [
    'processes: { limit: "512" }',
    '2:21: processes.limit cannot be the text "512"; write a whole number from 1 to 4194304',
  ],
  ['processes: { limit: 0 }', '2:21: processes.limit: 0 is too small; write a whole number from 1 to 4194304'],
  ['processes: { limit: 1e99 }', '2:21: processes.limit: 1e99 is too large; write a whole number from 1 to 4194304'],
  [
    'cpu: { bucket: { rate: 1, interval: 0, size: 5 } }',
    '2:37: cpu.bucket.interval: 0 is too small; write a whole number from 1 to 1000000000',
  ],
  [
    'cpu: { bucket: { rate: 1, interval: -4, size: 5 } }',
    '2:37: cpu.bucket.interval: -4 is negative; write a whole number from 1 to 1000000000',
  ],
  [
    'cpu: { bucket: { rate: 0, interval: 4, size: 5 } }',
    '2:24: cpu.bucket.rate: 0 is too small; write a whole number from 1 to 1000000000',
  ],
  [
    'cpu: { bucket: { rate: 1, interval: 4, size: 1e10 } }',
    '2:46: cpu.bucket.size: 1e10 is too large; write a whole number from 1 to 1000000000',
  ],
  ['cpu: { bucket: { rate: 0x1, interval: 4, size: 5 } }', '2:24: cpu.bucket.rate: 0x1 is hexadecimal; write 1'],
  [
    'cpu: { bucket: { rate: 1, interval: 4, size: 5, tick: 10 } }',
    '2:55: cpu.bucket.tick: 10 has no unit; write a duration, such as 30s',
  ],
  [
    'cpu: { bucket: { rate: 1, interval: 4, size: 5, tick: 0ms } }',
    '2:55: cpu.bucket.tick: a duration of nothing; write at least 1ms',
  ],
  [
    'cpu: { bucket: { rate: 25e-1, interval: 4, size: 5 } }',
    '2:24: cpu.bucket.rate: 25e-1 is not whole; write a whole number from 1 to 1000000000',
  ],
  [
    'cpu: { bucket: { rate: 1.5, interval: 4, size: 5 } }',
    '2:24: cpu.bucket.rate: 1.5 is not whole; write a whole number from 1 to 1000000000',
  ],
  [
    'cpu: { bucket: { rate: 1, interval: 4, size: .inf } }',
    '2:46: cpu.bucket.size cannot be the number Infinity; write a whole number from 1 to 1000000000',
  ],
  [
    'cpu: { bucket: { rate: 32769, interval: 4, size: 500 } }',
    '2:24: cpu.bucket.rate: 32769 of 4 is more than 8192 processors, and no host has so many; write at most 32768',
  ],
  [
    'cpu: { bucket: { rate: 1, interval: 1, size: 1000000000, tick: 1h } }',
    '2:46: cpu.bucket.size: 1000000000 of 1h are more than 203 days, to which the kernel counts; write at most 4886',
  ],
  [
    'cpu: { bucket: { rate: 1000000, interval: 4000000, size: 1000000 } }',
    '2:58: cpu.bucket.size: 1000000 of 1ms, earned in intervals of 4000000, cannot be counted exactly; write fewer, or a smaller rate and interval with the same share',
  ],
  ['cpu: { weight: 0 }', '2:16: cpu.weight: 0 is too small; write a whole number from 1 to 10000'],
  ['cpu: { weight: 10001 }', '2:16: cpu.weight: 10001 is too large; write a whole number from 1 to 10000'],
  ['io: { weight: 0 }', '2:15: io.weight: 0 is too small; write a whole number from 1 to 10000'],
  ['io: { weight: -5 }', '2:15: io.weight: -5 is negative; write a whole number from 1 to 10000'],
  ['io: { weight: 0x64 }', '2:15: io.weight: 0x64 is hexadecimal; write 100'],
  ['io: { weight: 50% }', '2:15: io.weight cannot be the text "50%"; write a whole number from 1 to 10000'],
  [
    'io: { devices: [{ device: /dev/sda, read: 20 }] }',
    '2:43: io.devices.read: 20 has no unit; write an amount a second, such as 20MiB',
  ],
  [
    'io: { devices: [{ device: /dev/sda, writes: 0 }] }',
    '2:45: io.devices.writes: 0 is too small; write a whole number from 1 to 1000000000',
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
    'cpu: { bucket: { rate: 1, interval: 4, size: 5, hold: strict } }',
    '2:55: cpu.bucket.hold: strict with a threshold of 0 lets the guest stand still for no time; write a threshold from 1 to 4, or hold: smooth',
  ],
  [
    'cpu: { bucket: { rate: 1, interval: 4, size: 5, threshold: 5, hold: strict } }',
    '2:60: cpu.bucket.threshold: strict with a threshold as large as the bucket leaves no room; write a threshold from 1 to 4, or hold: smooth',
  ],
  [
    'cpu: { bucket: { rate: 1, interval: 4, size: 1, threshold: 1, hold: strict } }',
    '2:46: cpu.bucket.size: a bucket of 1 has no room for the threshold that strict needs; write at least 2, or hold: smooth',
  ],
  [
    'cpu: { bucket: { rate: 1, interval: 1001, size: 5 } }',
    '2:24: cpu.bucket.rate: 1 of 1001 is below a thousandth of a processor, which the kernel cannot hold; write more',
  ],
  [
    'cpu: { bucket: { rate: 1, interval: 4, size: 500, idle: { rate: 1 } } }',
    '2:57: cpu.bucket.idle: has no interval; write a share such as { rate: 1, interval: 8 }',
  ],
  [
    'cpu: { bucket: { rate: 1, interval: 4, size: 500, idle: { rate: 0, interval: 8 } } }',
    '2:65: cpu.bucket.idle.rate: 0 is too small; write a whole number from 1 to 1000000000',
  ],
  [
    'cpu: { bucket: { rate: 1, interval: 4, size: 500, idle: 1/8 } }',
    '2:57: cpu.bucket.idle cannot be the text "1/8"; write a share, such as { rate: 1, interval: 8 }',
  ],
  [
    'cpu: { bucket: { rate: 1, interval: 4, size: 500, scope: host } }',
    '2:58: cpu.bucket.scope: "host" is unknown; write guest or cpu',
  ],
  ['cpu: { guarantee: true }', '2:19: cpu.guarantee: there is no rate to guarantee; write cpu.bucket'],
  [
    'alerts: { rss: { raise: 80%, clear: 90% } }',
    '2:37: alerts.rss.clear: 90% is more than what raises the alert; write at most 80%',
  ],
  ['alerts: { rss: { raise: 90 } }', '2:25: alerts.rss.raise: 90 has no unit; write a share, such as 90%'],
  ['alerts: { rss: { for: 30 } }', '2:23: alerts.rss.for: 30 has no unit; write a duration, such as 30s'],
  ['alerts: { rss: { raise: 110% } }', '2:25: alerts.rss.raise: "110%" is no share; write 1% to 100%, such as 90%'],
  ['base: ghost', '2:7: base: no policy "ghost" is in policies/; write it, or leave base out'],
  ['base: bad', '2:7: base: "bad" builds on "bad"; leave out one of them'],
])('%s is refused', async (line, says) => {
  expect(await complaintsHere(folderOf({ 'policies/bad.yaml': `policy: bad\n${line}` }))).toEqual([
    `policies/bad.yaml:${says}`,
  ]);
});

test.each([
  ['colour: red', 'E_CONFIG_KEY'],
  ['policy: bad', 'E_CONFIG_KEY'],
  ['memory: { low: [', 'E_CONFIG_YAML'],
  ['memory: { low: }', 'E_CONFIG_MISSING'],
  ['cpu: { bucket: { rate: 1 } }', 'E_CONFIG_MISSING'],
  ['memory: 512MiB', 'E_CONFIG_TYPE'],
  ['base: true', 'E_CONFIG_TYPE'],
  ['memory: { low: 512 }', 'E_CONFIG_NUMBER'],
  ['memory: { low: -1MiB }', 'E_CONFIG_NUMBER'],
  ['memory: { rss: { limit: 1MiB } }', 'E_CONFIG_NUMBER'],
  ['processes: { limit: 0 }', 'E_CONFIG_NUMBER'],
  ['processes: { limit: 0x40 }', 'E_CONFIG_NUMBER'],
  ['alerts: { rss: { raise: 110% } }', 'E_CONFIG_NUMBER'],
  ['cpu: { bucket: { rate: 32769, interval: 4, size: 500 } }', 'E_CONFIG_NUMBER'],
  ['memory: { oom: all }', 'E_CONFIG_VALUE'],
  ['guests: "[a"', 'E_CONFIG_VALUE'],
  ['base: ghost', 'E_CONFIG_NAME'],
  ['base: bad', 'E_CONFIG_CONFLICT'],
  ['memory: { min: 2GiB, low: 1GiB }', 'E_CONFIG_CONFLICT'],
])('%s is %s', async (line, code) => {
  const { problems } = await loadFolder(folderOf({ 'policies/bad.yaml': `policy: bad\n${line}` }), {}, () => {});
  expect(problems.map((problem) => problem.code)).toEqual([code]);
});

test('whatever is wrong in a policy is E_CONFIG to the agent, and keeps the command from ending well', async () => {
  const file = join(folderOf({ 'bad.yaml': 'policy: bad\nprocesses: { limit: 0x40 }\n' }), 'bad.yaml');
  const { code, err } = await hostler(['check', file, '-q']);
  expect(code).toBe(failures.E_CONFIG.exit);
  expect(err).toBe(`${file}:2:21: processes.limit: 0x40 is hexadecimal; write 64 [E_CONFIG_NUMBER]\n`);
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
