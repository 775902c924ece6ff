import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { importSource } from '../../../src/import/import.ts';
import { openvz } from '../../../src/import/openvz/openvz.ts';
import { readOpenvz } from '../../../src/import/openvz/read.ts';
import { fateOf, loaded, spots, tree } from '../loaded.ts';

function imported(files: Readonly<Record<string, string>>) {
  return importSource(readOpenvz(tree(files)), openvz);
}

function guest101(text: string) {
  return imported({ '101.conf': text });
}

function policyOf(text: string) {
  return loaded(guest101(text)).policies[0];
}

const NO_LIMIT = '9223372036854775807';

describe('memory', () => {
  test('of a guest with VSwap is its part of the memory, and swap besides', () => {
    const memory = policyOf('PHYSPAGES="0:512M"\nSWAPPAGES="0:262144"\nVMGUARPAGES="262144:unlimited"')?.memory;
    expect(memory).toEqual({
      limit: 512 * 2 ** 20,
      addressSpace: { limit: 1536 * 2 ** 20, enforce: 'swap' },
      low: 512 * 2 ** 20,
      oom: 'process',
    });
  });

  test('that may be allocated is data of the whole guest, by its barrier', () => {
    const found = guest101(`PRIVVMPAGES="65536:69632"\nPHYSPAGES="0:${NO_LIMIT}"\nSWAPPAGES="0:2147483647"`);
    expect(loaded(found).policies[0]?.memory).toEqual({
      addressSpace: { limit: 65_536 * 4096, enforce: 'data', scope: 'guest' },
      oom: 'process',
    });
    expect(fateOf(found, 'PRIVVMPAGES')).toContain(
      'barrier 65536 pages of 4 KiB = 256MiB; between it and the limit 69632',
    );
    expect(fateOf(found, 'PHYSPAGES')).toMatch(/^taken: not limited/);
  });

  test('that may be allocated besides VSwap is one limit with it where it is the same, and else needs a decision', () => {
    const vswap = 'PHYSPAGES=0:131072\nSWAPPAGES=0:131072\n';
    expect(policyOf(`${vswap}PRIVVMPAGES=262144`)?.memory.addressSpace).toEqual({
      limit: 2 ** 30,
      enforce: 'both',
      scope: 'guest',
    });
    const other = guest101(`${vswap}PRIVVMPAGES=300000:300000`);
    expect(fateOf(other, 'PRIVVMPAGES')).toMatch(/^decide: .*write limit: 1200000KiB, enforce: both/);
    expect(loaded(other).policies[0]?.memory.addressSpace?.enforce).toBe('swap');
  });

  test('that is too little for any program, or swap without memory, needs a decision and leaves nothing half written', () => {
    const found = guest101('PRIVVMPAGES="1000:1000"\nSWAPPAGES="0:1000"');
    expect(fateOf(found, 'PRIVVMPAGES')).toMatch(/^decide: .*not written: memory.as.limit: with 4000KiB of data/);
    expect(fateOf(found, 'SWAPPAGES')).toMatch(/^decide: swap alone/);
    expect(loaded(found).policies).toEqual([]);
  });
});

test('processors, disks and processes', () => {
  const found = guest101('CPUUNITS=2500\nCPULIMIT=150%\nIOPRIO=7\nNUMPROC="240:241"\nCPUS=2\nIOLIMIT=10485760');
  expect(loaded(found).policies[0]).toMatchObject({
    cpu: { weight: 250, bucket: { rate: 150, interval: 100, size: 150, tickUs: 1000, hold: 'smooth' } },
    io: { weight: 160 },
    processes: 241,
  });
  expect(fateOf(found, 'CPUS')).toContain('rate: 200, interval: 100');
  expect(fateOf(found, 'IOLIMIT')).toMatch(/^decide: /);
  expect(policyOf('CPULIMIT=0')).toBeUndefined();
});

test('what vz.conf says of guests is said of each of them that does not say it', () => {
  const found = imported({
    'vz.conf': 'LOCKDIR=/vz/lock\nONBOOT=yes\nSTOP_TIMEOUT=90\n',
    'conf/101.conf': 'STOP_TIMEOUT=30\n',
    'conf/102.conf': '',
  });
  const guests = loaded(found).guests.map(({ guest, start, stop }) => [guest, start?.auto, stop?.timeoutMs]);
  expect(guests).toEqual([
    ['101', true, 30_000],
    ['102', true, 90_000],
  ]);
  expect(found.lines.map(({ guest, key, verdict }) => `${guest} ${key}: ${verdict.fate}`)).toEqual([
    ' LOCKDIR: none',
    '101 ONBOOT: taken',
    '101 STOP_TIMEOUT: none',
    '101 STOP_TIMEOUT: taken',
    '102 ONBOOT: taken',
    '102 STOP_TIMEOUT: taken',
  ]);
});

describe('devices', () => {
  test('are rules by name and by number; who wants the same the same way shares it', () => {
    const found = imported({
      '101.conf': 'DEVNODES="usb/lp0:rw net/[tun]:r"\nDEVICES="c:188:all:rwq b:7:0:r"',
      '102.conf': 'DEVNODES="/dev/usb/lp0:rw snd/timer:none quota:q"',
    });
    expect(loaded(found).rules).toMatchObject([
      { match: { name: ['usb/lp0'] }, guests: ['101', '102'], exclusive: false, take: 'one', access: 'rw' },
      { match: { name: ['net/\\[tun\\]'] }, guests: ['101'], exclusive: true, access: 'r' },
      { match: { number: ['c 188:*'] }, take: 'all', access: 'rw' },
      { match: { number: ['b 7:0'] }, take: 'one', access: 'r' },
    ]);
    expect(
      fateOf(found, 'DEVNODES')
        .split('\n')
        .map((line) => line.split(':')[0]),
    ).toEqual(['taken', 'taken', 'taken', 'taken', 'none']);
  });

  test('whose name can be none below /dev need a decision', () => {
    const found = guest101('DEVNODES="../../etc/passwd:rw net//tun:rw"');
    expect(loaded(found).rules).toEqual([]);
    expect(fateOf(found, 'DEVNODES')).toMatch(/^decide: .* contains \. or \.\.; .*\ndecide: .* has an empty part; /);
  });

  test('whose path is that of one plug say so', () => {
    expect(fateOf(guest101('DEVNODES="bus/usb/001/003:rw"'), 'DEVNODES')).toContain('idVendor');
  });
});

test('the start with the host, the time of the stop, and what was started before', () => {
  const found = imported({
    '101.conf': 'ONBOOT="yes"\nSTOP_TIMEOUT=90\nBOOTORDER=1\nNAME=web1',
    '102.conf': 'ONBOOT="yes"\nDISABLED=yes\nBOOTORDER=7',
  });
  expect(loaded(found).guests).toMatchObject([
    { guest: 'web1', start: { auto: true }, stop: { timeoutMs: 90_000 } },
    { guest: '102' },
  ]);
  expect(loaded(found).guests[1]?.start?.auto).not.toBe(true);
  expect(fateOf(found, 'BOOTORDER')).toMatch(/^taken: all that .* the same turn\ntaken: none of those/);
});

test('who has the higher order is started before, and who has none at last; nobody waits longer than for its time', () => {
  const found = imported({
    '101.conf': 'ONBOOT=yes\nNAME=web1',
    '102.conf': 'ONBOOT=yes\nBOOTORDER=0\nNAME=mail1',
    '103.conf': 'ONBOOT=yes\nBOOTORDER=20\nNAME=db1',
    '104.conf': 'ONBOOT=no\nBOOTORDER=10\nNAME=old1',
    '105.conf': 'ONBOOT=auto\nBOOTORDER=7\nNAME=test1',
    '106.conf': 'ONBOOT=yes\nBOOTORDER=first\nNAME=odd1',
  });
  expect(loaded(found).guests.map(({ guest, start }) => [guest, start?.auto, start?.after, start?.late])).toEqual([
    ['web1', true, ['mail1'], 'hold'],
    ['mail1', true, ['db1'], 'continue'],
    ['db1', true, [], 'continue'],
    ['old1', undefined, undefined, undefined],
    ['test1', undefined, undefined, undefined],
    ['odd1', true, [], 'hold'],
  ]);
  expect(fateOf(found, 'BOOTORDER').split('\n')).toEqual([
    expect.stringMatching(/^taken: those with the turn before it are ready, or late/),
    expect.stringMatching(/^taken: the first of those/),
    expect.stringMatching(/^none: .* which it does not$/),
    expect.stringMatching(/^decide: .* write start.after: \[db1\]$/),
    'decide: is no number',
  ]);
  expect(fateOf(found, 'ONBOOT')).toMatch(/^taken: started with the host; those with the turn before it/);
  expect(fateOf(guest101('ONBOOT=yes\nBOOTORDER=5'), 'BOOTORDER')).toMatch(/^decide: of one guest alone/);
});

test('what is neither yes nor no needs a decision', () => {
  const fates = (name: string) =>
    ['no', '', 'yes', 'auto', 'Yes', '1'].map((value) => fateOf(guest101(`${name}=${value}`), name).split(':')[0]);
  expect(fates('ONBOOT')).toEqual(['taken', 'taken', 'taken', 'decide', 'decide', 'decide']);
  expect(fates('DISABLED')).toEqual(['taken', 'taken', 'decide', 'decide', 'decide', 'decide']);
});

test('what breaks OpenVZ’s own rules is told', () => {
  const found = guest101('KMEMSIZE="1000:2000"\nAVNUMPROC="100:100"\nDCACHESIZE="1000:1000"\nNUMFILE=10');
  expect(fateOf(found, 'KMEMSIZE')).toMatch(/^none: .*memory.rss.limit: write that where the policy has none$/);
  expect(found.findings).toContainEqual({
    guest: '101',
    level: 'error',
    says: 'kmemsize.barrier >= 40960 * avnumproc + dcachesize.limit does not hold: kmemsize 1000:2000, avnumproc 100:100, dcachesize 1000:1000',
  });
});

test('the last value of a name counts, and two guests of one name keep their numbers', () => {
  const found = imported({
    '101.conf': 'NAME=a\nNUMPROC=100\nNUMPROC=200',
    '102.conf': 'NAME=a',
    '0.conf': 'NUMPROC=5',
  });
  expect(loaded(found).policies).toMatchObject([{ name: '101', processes: 200 }]);
  expect(fateOf(found, 'NUMPROC')).toMatch(/^none: said again in \/from\/101.conf:3/);
  expect(loaded(found).guests.map(({ guest }) => guest)).toEqual(['101', '102']);
  const crossed = imported({
    '101.conf': 'NAME=a',
    '102.conf': 'NAME=a',
    '103.conf': 'NAME=101',
    '104.conf': 'NAME=104',
  });
  expect(loaded(crossed).guests.map(({ guest }) => guest)).toEqual(['101', '102', '103', '104']);
});

const name = fc.constantFrom(
  ...[
    'PRIVVMPAGES',
    'PHYSPAGES',
    'SWAPPAGES',
    'VMGUARPAGES',
    'OOMGUARPAGES',
    'KMEMSIZE',
    'NUMPROC',
    'NUMFILE',
    'AVNUMPROC',
  ],
  ...['CPUUNITS', 'CPULIMIT', 'CPUS', 'IOPRIO', 'ONBOOT', 'BOOTORDER', 'STOP_TIMEOUT', 'NAME', 'HOSTNAME', 'DISABLED'],
  ...['DEVNODES', 'DEVICES', 'CAPABILITY', 'OSTEMPLATE', 'WHATEVER', '__proto__', 'constructor'],
);
const word = fc.oneof(
  fc.constantFrom(
    'yes',
    'unlimited',
    '0:unlimited',
    '512M:1G',
    '-1',
    'c:188:all:rw',
    'usb/lp0:rw',
    'usb/lp0:r',
    'a*b:rw',
    'web1',
    '1.5',
    ':',
  ),
  fc.nat({ max: 1e9 }).map((number) => `${number}`),
  fc.tuple(fc.nat({ max: 1e7 }), fc.nat({ max: 1e7 })).map(([barrier, limit]) => `${barrier}:${limit}`),
);
const statement = fc.record({ name, words: fc.array(word, { maxLength: 3 }) });
const confs = fc.dictionary(fc.constantFrom('101', '102', '103'), fc.array(statement, { maxLength: 15 }), {
  maxKeys: 3,
});
const MANY = new Set(['DEVNODES', 'DEVICES', 'CAPABILITY']);

test('of whatever is there each value is told of exactly once, and the loader takes what is written', () => {
  fc.assert(
    fc.property(confs, (guests) => {
      const files = Object.fromEntries(
        Object.entries(guests).map(([id, statements]) => [
          `${id}.conf`,
          statements.map(({ name: key, words }) => `${key}="${words.join(' ')}"\n`).join(''),
        ]),
      );
      const expected = Object.entries(guests).flatMap(([id, statements]) =>
        statements.flatMap(({ name: key, words }, at) => {
          const values = MANY.has(key) && words.length > 0 ? words : [words.join(' ')];
          return values.map((value) => `/from/${id}.conf:${at + 1}: ${value}`);
        }),
      );
      const found = imported(files);
      expect(spots(found.lines)).toEqual(expected.sort());
      loaded(found);
      for (const { verdict } of found.lines)
        expect(verdict.settings.length === 0 || verdict.fate === 'taken').toBe(true);
    }),
    { numRuns: 200 },
  );
});
