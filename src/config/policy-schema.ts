import { z } from 'zod';
import { devPathProblem } from './dev-path.ts';
import { durationProblem } from './duration.ts';
import { policyNameProblem } from './entry-name.ts';
import { guestPatternProblem } from './guest-name.ts';
import { bytesProblem, percentProblem } from './quantity.ts';
import { choice, mapping, pattern, text, whole, yesOrNo } from './schema-parts.ts';

const bytes = (description: string) =>
  text('an amount with its unit, such as 512MiB', bytesProblem, {
    description,
    pattern: '^[1-9][0-9]*(B|KiB|MiB|GiB|TiB)$',
    examples: ['512MiB'],
  }).optional();

const percent = (description: string) =>
  text('a share, such as 90%', percentProblem, { description, pattern: '^[1-9][0-9]*%$', examples: ['90%'] });

const duration = (description: string) =>
  text('a duration, such as 30s', durationProblem, {
    description,
    pattern: '^[1-9][0-9]*(ms|s|m|h)$',
    examples: ['30s'],
  });

const MOST_TOKENS = 1_000_000_000;
const tokens = (least: number, description: string, shown: Readonly<Record<string, unknown>> = {}) =>
  whole(`a whole number from ${least} to ${MOST_TOKENS}`, least, MOST_TOKENS, { description, ...shown }).optional();

const rssSchema = mapping(
  'limits of resident memory, such as { barrier: 384MiB, limit: 512MiB }',
  {
    barrier: bytes(
      'From here on the guest is slowed down while its memory is taken back: memory.high. With cgroup v1 the soft limit: taken back first when the host is short of memory, and nothing before.',
    ),
    limit: bytes(
      'What the guest can have: above it a process of it is killed. memory.max, or limit_in_bytes of cgroup v1.',
    ),
  },
  { description: 'Resident memory (RSS).' },
);

const addressSpaceSchema = mapping(
  'the limit of address space, such as { limit: 768MiB }',
  {
    limit: bytes('Resident memory and swap together; with "data", what the data segments of its processes can be.'),
    enforce: choice(['swap', 'data', 'both'], {
      description:
        'swap: memory and swap of the guest together; what is above is killed. data: RLIMIT_DATA of each process, so that an allocation fails instead.',
      default: 'swap',
    }).optional(),
    scope: choice(['process', 'guest'], {
      description:
        'Whose data it is. process: each process by itself. guest: that of all its processes together, as nearly as can be.',
      default: 'process',
    }).optional(),
  },
  { description: 'Address space (AS).' },
);

const thrashSchema = mapping(
  'what is done about a guest that thrashes, such as { action: freeze, headroom: 64MiB }',
  {
    action: choice(['freeze', 'alert'], {
      description:
        'freeze: the guest stands still for two seconds and then has headroom more, three times an hour at most, and somebody is told. alert: somebody is told.',
      default: 'freeze',
    }).optional(),
    pressure: percent('Of the last ten seconds: it thrashes when all of it waits for memory in more of them.')
      .meta({ default: '60%' })
      .optional(),
    hits: whole('a whole number from 1 to 1000000', 1, 1_000_000, {
      description: 'How often in a second: it thrashes when it comes to its limit more often.',
      default: 100,
    }).optional(),
    for: duration('How long it does both before anything is done.').meta({ default: '10s' }).optional(),
    headroom: text('an amount with its unit, such as 64MiB', bytesProblem, {
      description: 'What it has more each time, if the host has so much to spare, until it was calm for a minute.',
      pattern: '^[0-9]+(B|KiB|MiB|GiB|TiB)$',
      default: '64MiB',
    }).optional(),
  },
  { description: 'A guest that does nothing but wait for its own memory at its limit.' },
);

const memorySchema = mapping(
  'memory limits, such as { rss: { limit: 512MiB } }',
  {
    rss: rssSchema.optional(),
    as: addressSpaceSchema.optional(),
    low: bytes('Left to the guest while others can give: memory.low.'),
    min: bytes('Left to the guest whatever happens: memory.min.'),
    oom: choice(['process', 'guest'], {
      description: 'What is killed at the limit: one process, or the guest as a whole (memory.oom.group).',
      default: 'process',
    }).optional(),
    thrash: thrashSchema.optional(),
  },
  { description: 'Memory.' },
);

const idleSchema = mapping(
  'a share, such as { rate: 1, interval: 8 }',
  {
    rate: tokens(1, 'Tokens in each interval. rate / interval is its share as compared with those of other guests.'),
    interval: tokens(1, 'The interval, in ticks.'),
  },
  { description: 'The share of what others leave idle, that the guest has when it has spent all that it earned.' },
);

const bucketSchema = mapping(
  'a token bucket, such as { rate: 1, interval: 4, size: 500 }',
  {
    rate: tokens(1, 'Tokens that the guest earns in each interval. rate / interval is its share of one processor.'),
    interval: tokens(1, 'The interval, in ticks.'),
    size: tokens(1, 'Tokens that the bucket holds: what may be saved up for a burst.'),
    threshold: tokens(
      0,
      'Tokens that a drained guest must have before it runs again, or, where hold is smooth, before it gets more than its rate again.',
      { default: 0 },
    ),
    tick: duration('CPU time that a token is worth, and the unit of the interval.').meta({ default: '1ms' }).optional(),
    hold: choice(['smooth', 'strict'], {
      description:
        'smooth: a drained guest goes on at its rate. strict: it stands still until it has threshold tokens.',
      default: 'smooth',
    }).optional(),
    refill: choice(['steady', 'lump'], {
      description: 'steady: tokens come one by one. lump: rate of them at the end of each interval.',
      default: 'steady',
    }).optional(),
    idle: idleSchema.optional(),
    scope: choice(['guest', 'cpu'], {
      description:
        'guest: all this is for the guest. cpu: for each processor that it may run on, and it has that of all together.',
      default: 'guest',
    }).optional(),
  },
  { description: 'CPU time as Linux-VServer gave it.' },
);

const cpuSchema = mapping(
  'limits of CPU time, such as { bucket: { rate: 1, interval: 4, size: 500 } }',
  {
    bucket: bucketSchema.optional(),
    guarantee: yesOrNo({
      description:
        'The rate is there whenever the guest wants it: policies whose rates do not fit the host are refused.',
      default: false,
    }).optional(),
    weight: whole('a whole number from 1 to 10000', 1, 10_000, {
      description: 'The share of the processors when all want them: cpu.weight. Usual: 100.',
    }).optional(),
  },
  { description: 'CPU time.' },
);

const rateOfBytes = (description: string) =>
  text('an amount a second, such as 20MiB', bytesProblem, {
    description,
    pattern: '^[1-9][0-9]*(B|KiB|MiB|GiB|TiB)$',
  }).optional();
const rateOfCalls = (description: string) =>
  whole('a whole number from 1 to 1000000000', 1, 1_000_000_000, { description }).optional();

const diskSchema = mapping('a disk, such as { device: /dev/sda, read: 20MiB }', {
  device: text('a disk, such as /dev/sda or /dev/disk/by-id/NAME', devPathProblem, {
    description: 'A disk of the host by any of its names.',
    pattern: '^/dev/',
    examples: ['/dev/sda'],
  }),
  read: rateOfBytes('Bytes a second that it may read.'),
  write: rateOfBytes('Bytes a second that it may write.'),
  reads: rateOfCalls('Reads a second.'),
  writes: rateOfCalls('Writes a second.'),
});

const ioSchema = mapping(
  'limits of disks, such as { weight: 100 }',
  {
    weight: whole('a whole number from 1 to 10000', 1, 10_000, {
      description: 'The share of a disk when all want it: io.weight.',
    }).optional(),
    devices: z
      .array(diskSchema, { error: 'a list of disks, such as [{ device: /dev/sda, read: 20MiB }]' })
      .max(64, { error: 'at most 64' })
      .meta({ description: 'What it may do on single disks: io.max.' })
      .optional(),
  },
  { description: 'Disks.' },
);

const processesSchema = mapping(
  'a limit of processes, such as { limit: 512 }',
  {
    limit: whole('a whole number from 1 to 4194304', 1, 4_194_304, {
      description: 'Processes and threads: pids.max.',
      minimum: 10,
    }).optional(),
  },
  { description: 'Processes.' },
);

const alertOf = (description: string) =>
  mapping(
    'when to raise an alert, such as { raise: 90%, clear: 80%, for: 30s }',
    {
      raise: percent('Raised when so much of the limit is used.').optional(),
      clear: percent('Cleared when less is used again.').optional(),
      for: duration('How long before it is raised.').optional(),
    },
    { description },
  ).optional();

const alertsSchema = mapping(
  'when to raise alerts, such as { rss: { raise: 90% } }',
  {
    rss: alertOf('Of resident memory, and of a guest that waits for memory at its barrier.'),
    as: alertOf('Of address space.'),
    cpu: alertOf('Of CPU time: of its rate, while it is held back in half of all periods.'),
    processes: alertOf('Of processes.'),
  },
  { description: 'When somebody is told.' },
);

/** A file of policies/. */
export const policySchema = mapping(
  'a policy, beginning with policy: NAME',
  {
    policy: text('a name, such as small-service', policyNameProblem, {
      description: 'The name of the policy. No other policy has it.',
      pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$',
      examples: ['small-service'],
    }),
    base: text('the name of another policy', policyNameProblem, {
      description: 'Another policy: what is not said here is as it says.',
      examples: ['default'],
    }).optional(),
    guests: pattern("a guest's name, a glob or a list of them, such as web*", guestPatternProblem, {
      description: 'Whose policy this is, of guests whose file names none.',
      examples: ['web*', ['one', 'two']],
    }).optional(),
    memory: memorySchema.optional(),
    cpu: cpuSchema.optional(),
    processes: processesSchema.optional(),
    io: ioSchema.optional(),
    alerts: alertsSchema.optional(),
  },
  { description: 'What a guest may use, and when somebody is told.' },
);

export type PolicyInput = z.infer<typeof policySchema>;
