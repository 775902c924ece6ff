import fc from 'fast-check';
import { expect, test } from 'vitest';
import { importSource } from '../../../src/import/import.ts';
import { openvz } from '../../../src/import/openvz/openvz.ts';
import { readOpenvz } from '../../../src/import/openvz/read.ts';
import type { Config } from '../../../src/model/config.ts';
import { loaded, startedBefore, tree } from '../loaded.ts';

const NO_LIMIT = fc.constantFrom('2147483647', '9223372036854775807', 'unlimited');
const PAGE = 4096;
/** So that `64M` is a whole number of pages and of MiB. */
const OF_MIB = 256;

const said = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const both = (value: number | undefined, more: string | number) =>
  value === undefined ? undefined : `${value}:${more}`;
const one = (value: number | undefined, unit = '') => (value === undefined ? undefined : `${value}${unit}`);
const pages = fc.integer({ min: 16_384, max: 100_000_000 });

type Values = Readonly<Record<string, string | undefined>>;

function guest101(values: Values, quote = ''): Config {
  const lines = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${quote}${value}${quote}`],
  );
  return loaded(importSource(readOpenvz(tree({ '101.conf': lines.join('\n') })), openvz));
}

const guaranteed = said(fc.integer({ min: 1, max: 1_000_000_000 }));
const vswap = fc.record({
  phys: pages,
  swap: fc.nat({ max: 10_000_000 }),
  vmguar: guaranteed,
  oomguar: guaranteed,
  isSame: fc.boolean(),
  noLimit: NO_LIMIT,
});

test('memory and swap come back with the same meaning', () => {
  fc.assert(
    fc.property(vswap, ({ phys, swap, vmguar, oomguar, isSame, noLimit }) => {
      const { policies } = guest101({
        PHYSPAGES: `0:${phys}`,
        SWAPPAGES: `0:${swap}`,
        VMGUARPAGES: both(vmguar, noLimit),
        OOMGUARPAGES: both(oomguar, noLimit),
        PRIVVMPAGES: isSame ? `${phys + swap}:${noLimit}` : noLimit,
      });
      const least = Math.max(vmguar ?? 0, oomguar ?? 0);
      expect(policies[0]?.memory).toEqual({
        limit: phys * PAGE,
        addressSpace: {
          limit: (phys + swap) * PAGE,
          enforce: isSame ? 'both' : 'swap',
          ...(isSame && { scope: 'guest' }),
        },
        ...(least > 0 && { low: Math.min(least, phys) * PAGE }),
        oom: 'process',
      });
    }),
    { numRuns: 60 },
  );
});

const privvm = fc.record({
  barrier: pages,
  more: fc.nat({ max: 100_000 }),
  isInMib: fc.boolean(),
  noLimit: NO_LIMIT,
});

test('what may be allocated comes back with the same meaning', () => {
  fc.assert(
    fc.property(privvm, ({ barrier, more, isInMib, noLimit }) => {
      const whole = isInMib ? barrier - (barrier % OF_MIB) : barrier;
      const text = isInMib ? `${whole / OF_MIB}M` : `${whole}`;
      const { policies } = guest101({ PRIVVMPAGES: `${text}:${whole + more}`, PHYSPAGES: `0:${noLimit}` });
      const addressSpace = { limit: whole * PAGE, enforce: 'data', scope: 'guest' };
      expect(policies[0]?.memory).toEqual({ addressSpace, oom: 'process' });
    }),
    { numRuns: 40 },
  );
});

const rest = fc.record({
  numproc: said(fc.integer({ min: 10, max: 4_194_304 })),
  cpulimit: said(fc.integer({ min: 1, max: 800 })),
  percent: fc.constantFrom('', '%'),
  units: said(fc.integer({ min: 10, max: 100_000 })),
  priority: said(fc.nat({ max: 7 })),
  onboot: fc.constantFrom('yes', 'no', undefined),
  stop: said(fc.integer({ min: 1, max: 3600 })),
  quote: fc.constantFrom('', '"', "'"),
});

test('processes, processors, disks and the start come back with the same meaning', () => {
  fc.assert(
    fc.property(rest, ({ numproc, cpulimit, percent, units, priority, onboot, stop, quote }) => {
      const values: Values = {
        NUMPROC: both(numproc, numproc ?? ''),
        CPULIMIT: one(cpulimit, percent),
        CPUUNITS: one(units),
        IOPRIO: one(priority),
        ONBOOT: onboot,
        STOP_TIMEOUT: one(stop),
      };
      const { policies, guests } = guest101({ HOSTNAME: 'web1', ...values }, quote);
      const [policy] = policies;
      expect(policy?.processes).toBe(numproc);
      expect(policy?.cpu.weight).toBe(units && Math.round(units / 10));
      expect(policy?.io.weight).toBe(priority === undefined ? undefined : 20 * (priority + 1));
      const { rate, interval, size } = policy?.cpu.bucket ?? {};
      expect([rate, interval, size]).toEqual(cpulimit ? [cpulimit, 100, cpulimit] : Array(3).fill(undefined));
      expect(guests[0]?.start?.auto ?? false).toBe(onboot === 'yes');
      expect(guests[0]?.stop?.timeoutMs).toBe(stop && stop * 1000);
    }),
    { numRuns: 60 },
  );
});

const permissions = fc.constantFrom('r', 'w', 'rw', 'rwq');
const node = fc.record({ name: fc.stringMatching(/^[a-z]{1,5}(\/[a-z]{1,5})?\d$/), permissions });
const number = fc.record({
  type: fc.constantFrom('c', 'b'),
  major: fc.integer({ min: 140, max: 500 }),
  minor: fc.oneof(fc.nat({ max: 1000 }), fc.constant('all')),
  permissions,
});
const devices = fc.record({
  nodes: fc.uniqueArray(node, { selector: ({ name }) => name, maxLength: 4 }),
  numbers: fc.uniqueArray(number, { selector: ({ major }) => major, maxLength: 4 }),
  between: fc.constantFrom(' ', ', ', '  '),
});

test('devices come back with the same meaning', () => {
  fc.assert(
    fc.property(devices, ({ nodes, numbers, between }) => {
      const { rules } = guest101(
        {
          DEVNODES: nodes.map((node) => `${node.name}:${node.permissions}`).join(between),
          DEVICES: numbers.map((of) => `${of.type}:${of.major}:${of.minor}:${of.permissions}`).join(between),
        },
        '"',
      );
      const access = (text: string) => text.replace('q', '');
      expect(rules.map(({ match, guests, access, take }) => ({ match, guests, access, take }))).toMatchObject([
        ...nodes.map(({ name, permissions }) => ({
          match: { name: [name] },
          guests: ['101'],
          access: access(permissions),
          take: 'one',
        })),
        ...numbers.map(({ type, major, minor, permissions }) => ({
          match: { number: [`${type} ${major}:${minor === 'all' ? '*' : minor}`] },
          guests: ['101'],
          access: access(permissions),
          take: minor === 'all' ? 'all' : 'one',
        })),
      ]);
    }),
    { numRuns: 60 },
  );
});

const turn = fc.record({ onboot: fc.constantFrom('yes', 'yes', 'no'), order: said(fc.nat({ max: 3 })) });

test('the order of those that start with the host comes back with the same meaning', () => {
  fc.assert(
    fc.property(fc.array(turn, { minLength: 2, maxLength: 7 }), (turns) => {
      const files = turns.map(({ onboot, order }, at): readonly [string, string] => {
        return [`${101 + at}.conf`, `ONBOOT=${onboot}\n${order === undefined ? '' : `BOOTORDER=${order}\n`}`];
      });
      const config = loaded(importSource(readOpenvz(tree(Object.fromEntries(files))), openvz));
      const started = turns.flatMap(({ onboot, order = -1 }, at) =>
        onboot === 'yes' ? [{ id: 101 + at, order }] : [],
      );
      const isBefore = started.flatMap((one) =>
        started.flatMap((other) => (one.order > other.order ? `${one.id} < ${other.id}` : [])),
      );
      expect(startedBefore(config)).toEqual(isBefore.sort());
      const goOn = config.guests.flatMap(({ guest, start }) => (start?.late === 'continue' ? [guest] : []));
      expect(goOn).toEqual([...new Set(isBefore.map((pair) => pair.split(' ')[0]))].sort());
    }),
    { numRuns: 60 },
  );
});
